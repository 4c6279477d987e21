/** The files of one training run, wherever they are: a folder (Node), the browser's private file system, memory (tests). */
export interface RunStore {
  /** For messages. */
  readonly name: string
  /** Names of all files, in any order. */
  list(): Promise<readonly string[]>
  /** Null where there is no such file. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Replaces a file whole or not at all: whoever is interrupted leaves the old one. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  remove(name: string): Promise<void>
}
