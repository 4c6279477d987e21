/**
 * Folders of files that outlive the page. In the browser: the origin private file system; in tests: memory. Names are
 * plain (no slashes). Reading something that is not there gives null or nothing, never an error.
 */
export interface FileStore {
  folders(): Promise<readonly string[]>
  /** Size in bytes; null where there is no such file. */
  size(folder: string, file: string): Promise<number | null>
  /** Bytes start … end − 1, fewer where the file ends before. */
  read(folder: string, file: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
  /** Replaces a small file as a whole: readers see the old or the new one. */
  write(folder: string, file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Opens a file (made where it is missing) for writing at any place; only one writer at a time. */
  open(folder: string, file: string): Promise<FileWriter>
  removeFolder(folder: string): Promise<void>
}

export interface FileWriter {
  size(): number
  write(bytes: Uint8Array<ArrayBuffer>, at: number): void
  /** Bytes start … end − 1. */
  read(start: number, end: number): Uint8Array<ArrayBuffer>
  truncate(size: number): void
  /** Returns when what was written would survive a crash of the browser. */
  flush(): void
  close(): void
}
