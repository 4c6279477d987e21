import type { FileStore, FileWriter } from '../file-store.ts'

/** A file store for tests; `files` may be looked at and spoiled. */
export class MemoryStore implements FileStore {
  readonly files = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>()
  private readonly writing = new Set<string>()

  folders(): Promise<readonly string[]> {
    return Promise.resolve([...this.files.keys()])
  }

  size(folder: string, file: string): Promise<number | null> {
    return Promise.resolve(this.files.get(folder)?.get(file)?.length ?? null)
  }

  read(folder: string, file: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.at(folder, file).slice(start, end))
  }

  write(folder: string, file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.put(folder, file, bytes.slice())
    return Promise.resolve()
  }

  open(folder: string, file: string): Promise<FileWriter> {
    const key = `${folder}/${file}`
    if (this.writing.has(key)) return Promise.reject(new Error(`${key} is being written`))
    this.writing.add(key)
    if (!this.files.get(folder)?.has(file)) this.put(folder, file, new Uint8Array(0))
    return Promise.resolve({
      size: () => this.at(folder, file).length,
      write: (bytes, at) => {
        const before = this.at(folder, file)
        const next = new Uint8Array(Math.max(before.length, at + bytes.length))
        next.set(before)
        next.set(bytes, at)
        this.put(folder, file, next)
      },
      read: (start, end) => this.at(folder, file).slice(start, end),
      truncate: (size) => this.put(folder, file, this.at(folder, file).slice(0, size)),
      flush: () => {},
      close: () => this.writing.delete(key),
    })
  }

  removeFolder(folder: string): Promise<void> {
    this.files.delete(folder)
    return Promise.resolve()
  }

  private at(folder: string, file: string): Uint8Array<ArrayBuffer> {
    return this.files.get(folder)?.get(file) ?? new Uint8Array(0)
  }

  private put(folder: string, file: string, bytes: Uint8Array<ArrayBuffer>): void {
    const files = this.files.get(folder) ?? new Map<string, Uint8Array<ArrayBuffer>>()
    this.files.set(folder, files.set(file, bytes))
  }
}
