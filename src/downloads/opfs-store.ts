import type { FileStore, FileWriter } from './file-store.ts'

/** Of the worker's library, which the DOM library leaves out. */
interface SyncAccessHandle {
  read(into: Uint8Array<ArrayBuffer>, options: { at: number }): number
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}
type WorkerFileHandle = FileSystemFileHandle & { createSyncAccessHandle?: () => Promise<SyncAccessHandle> }

const ROOT = 'models'

/**
 * The origin private file system, in a worker. Bytes are written in place as they come, so that what was fetched is there
 * after a crash; small files are swapped whole. Null where the browser has none (private windows of some, old ones).
 */
export async function openOpfsStore(storage: StorageManager | undefined): Promise<FileStore | null> {
  if (typeof storage?.getDirectory !== 'function') return null
  try {
    const top = await storage.getDirectory()
    const root = await top.getDirectoryHandle(ROOT, { create: true })
    return new OpfsStore(root)
  } catch {
    return null
  }
}

class OpfsStore implements FileStore {
  private readonly root: FileSystemDirectoryHandle

  constructor(root: FileSystemDirectoryHandle) {
    this.root = root
  }

  async folders(): Promise<readonly string[]> {
    const names: string[] = []
    for await (const [name, handle] of this.root.entries()) {
      if (handle.kind !== 'directory') continue
      try {
        names.push(decodeURIComponent(name))
      } catch {
        // Names of this store decode: it is somebody else's.
      }
    }
    return names.sort()
  }

  async size(folder: string, file: string): Promise<number | null> {
    return (await this.file(folder, file))?.size ?? null
  }

  async read(folder: string, file: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const found = await this.file(folder, file)
    return found ? new Uint8Array(await found.slice(start, end).arrayBuffer()) : new Uint8Array(0)
  }

  async write(folder: string, file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const handle = await this.make(folder, file)
    if (typeof handle.createWritable === 'function') {
      const stream = await handle.createWritable()
      await stream.write(bytes)
      await stream.close()
      return
    }
    const writer = await this.open(folder, file)
    try {
      writer.write(bytes, 0)
      writer.truncate(bytes.length)
      writer.flush()
    } finally {
      writer.close()
    }
  }

  async open(folder: string, file: string): Promise<FileWriter> {
    const handle = await this.make(folder, file)
    if (!handle.createSyncAccessHandle) throw new Error('This browser cannot write files in place')
    const access = await handle.createSyncAccessHandle()
    return {
      size: () => access.getSize(),
      write: (bytes, at) => {
        const written = access.write(bytes, { at })
        if (written !== bytes.length) throw new DOMException('The file system took fewer bytes', 'QuotaExceededError')
      },
      read: (start, end) => {
        const bytes = new Uint8Array(end - start)
        return bytes.subarray(0, access.read(bytes, { at: start }))
      },
      truncate: (size) => access.truncate(size),
      flush: () => access.flush(),
      close: () => access.close(),
    }
  }

  async removeFolder(folder: string): Promise<void> {
    await this.root.removeEntry(encodeURIComponent(folder), { recursive: true }).catch((error: unknown) => {
      if (!isMissing(error)) throw error
    })
  }

  private async make(folder: string, file: string): Promise<WorkerFileHandle> {
    const directory = await this.root.getDirectoryHandle(encodeURIComponent(folder), { create: true })
    return directory.getFileHandle(file, { create: true })
  }

  private async file(folder: string, file: string): Promise<File | null> {
    try {
      const directory = await this.root.getDirectoryHandle(encodeURIComponent(folder))
      const handle = await directory.getFileHandle(file)
      return await handle.getFile()
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError'
}
