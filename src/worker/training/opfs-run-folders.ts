import { StepscopeError } from '../../core/errors.ts'
import type { RunFolder, RunFolders, RunPart } from './run-folders.ts'
import { RUN_PARTS } from './run-folders.ts'

/** Of the worker's library, which the DOM library leaves out. */
interface SyncAccessHandle {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}
type WorkerFileHandle = FileSystemFileHandle & {
  createSyncAccessHandle?: () => Promise<SyncAccessHandle>
  move?: (name: string) => Promise<void>
}

const ROOT = 'training'
/** What is being written where a browser cannot swap files itself; never a file of a run. */
const UNFINISHED = '.unfinished'

/** Runs in the origin private file system, in a worker; opened at the first call. Null where the browser has none. */
export function opfsRunFolders(storage: StorageManager | undefined): () => Promise<RunFolders | null> {
  let opened: Promise<RunFolders | null> | null = null
  const open = async (): Promise<RunFolders | null> => {
    if (typeof storage?.getDirectory !== 'function') return null
    try {
      const top = await storage.getDirectory()
      return new OpfsRunFolders(await top.getDirectoryHandle(ROOT, { create: true }))
    } catch {
      return null
    }
  }
  return () => {
    opened ??= open()
    return opened
  }
}

class OpfsRunFolders implements RunFolders {
  private readonly root: FileSystemDirectoryHandle

  constructor(root: FileSystemDirectoryHandle) {
    this.root = root
  }

  async ids(): Promise<readonly string[]> {
    const names: string[] = []
    for await (const [name, handle] of this.root.entries()) {
      if (handle.kind === 'directory') names.push(decodeURIComponent(name))
    }
    return names.sort()
  }

  part(id: string, part: RunPart): RunFolder {
    return new OpfsRunFolder(this.root, id, part)
  }

  async remove(id: string): Promise<void> {
    // The notes go last: a removal that is interrupted leaves a run that can be removed again.
    const run = await quietly(this.root.getDirectoryHandle(encodeURIComponent(id)))
    if (!run) return
    for (const part of RUN_PARTS.toReversed()) await quietly(run.removeEntry(part, { recursive: true }))
    await quietly(this.root.removeEntry(encodeURIComponent(id), { recursive: true }))
  }
}

class OpfsRunFolder implements RunFolder {
  readonly name: string
  private readonly root: FileSystemDirectoryHandle
  private readonly id: string
  private readonly part: RunPart

  constructor(root: FileSystemDirectoryHandle, id: string, part: RunPart) {
    this.root = root
    this.id = id
    this.part = part
    this.name = `${id}/${part}`
  }

  async list(): Promise<readonly string[]> {
    const folder = await this.folder(false)
    if (!folder) return []
    const names: string[] = []
    for await (const [name, handle] of folder.entries()) {
      // Chromium shows the copies that it writes before a swap.
      if (handle.kind === 'file' && !name.endsWith(UNFINISHED) && !name.endsWith('.crswap')) {
        names.push(decodeURIComponent(name))
      }
    }
    return names
  }

  async size(name: string): Promise<number | null> {
    return (await this.file(name))?.size ?? null
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const file = await this.file(name)
    return file ? new Uint8Array(await file.arrayBuffer()) : null
  }

  async readRange(name: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.file(name)
    return new Uint8Array(file ? await file.slice(start, end).arrayBuffer() : new ArrayBuffer(0))
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const folder = await this.made()
    const file = encodeURIComponent(name)
    const handle: WorkerFileHandle = await folder.getFileHandle(file, { create: true })
    if (typeof handle.createWritable === 'function') {
      // Written beside the file, which is swapped when the stream is closed.
      const stream = await handle.createWritable()
      try {
        await stream.write(bytes)
      } catch (error) {
        await quietly(stream.abort())
        throw error
      }
      await stream.close()
      return
    }
    const beside: WorkerFileHandle = await folder.getFileHandle(`${file}${UNFINISHED}`, { create: true })
    await put(beside, bytes, 'replace')
    if (!beside.move) throw noSwap(this.name)
    await beside.move(file)
  }

  async append(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await put(await (await this.made()).getFileHandle(encodeURIComponent(name), { create: true }), bytes, 'append')
  }

  async remove(name: string): Promise<void> {
    const folder = await this.folder(false)
    if (folder) await quietly(folder.removeEntry(encodeURIComponent(name)))
  }

  private async folder(create: boolean): Promise<FileSystemDirectoryHandle | null> {
    const run = await quietly(this.root.getDirectoryHandle(encodeURIComponent(this.id), { create }))
    return run && (await quietly(run.getDirectoryHandle(this.part, { create })))
  }

  private async made(): Promise<FileSystemDirectoryHandle> {
    const folder = await this.folder(true)
    if (!folder) throw new Error(`The folder ${this.name} could not be made`)
    return folder
  }

  private async file(name: string): Promise<File | null> {
    const folder = await this.folder(false)
    const handle = folder && (await quietly(folder.getFileHandle(encodeURIComponent(name))))
    return handle && quietly(handle.getFile())
  }
}

async function put(handle: WorkerFileHandle, bytes: Uint8Array<ArrayBuffer>, how: 'replace' | 'append') {
  if (!handle.createSyncAccessHandle) throw noSwap(handle.name)
  const access = await handle.createSyncAccessHandle()
  try {
    const at = how === 'append' ? access.getSize() : 0
    const written = access.write(bytes, { at })
    if (written !== bytes.length) throw new DOMException('The file system took fewer bytes', 'QuotaExceededError')
    access.truncate(at + bytes.length)
    access.flush()
  } finally {
    access.close()
  }
}

/** Null where it is not there. */
async function quietly<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null
    throw error
  }
}

function noSwap(place: string): StepscopeError {
  return new StepscopeError({
    code: 'storage',
    message: 'This browser cannot replace a file whole, so a run could not be saved safely',
    place: { file: place },
    nextStep: 'Update the browser, or use another one.',
  })
}
