import type { Fault } from './fault-plan.ts'

/** What happens at a point of this side: null, or the fault that the caller makes happen. */
export type Meet = (point: string) => Fault | null

/** Of the worker's library, which the DOM library leaves out. */
type Write = (bytes: Uint8Array<ArrayBuffer>, options?: { at: number }) => number
interface Handle {
  readonly name: string
  createWritable: FileSystemFileHandle['createWritable']
  createSyncAccessHandle?: () => Promise<{ write: Write }>
}

/** Lets writes to IndexedDB (`database/<table>`), private files (`files/<name>`) and caches (`cache/<path>`) fail. */
export function installWriteFaults(meet: Meet): void {
  const stores = IDBObjectStore.prototype
  for (const method of ['put', 'add'] as const) {
    const original = stores[method]
    stores[method] = function (this: IDBObjectStore, ...args) {
      const fault = meet(`database/${this.name}`)
      if (fault) throw refusal(fault)
      return original.apply(this, args)
    }
  }
  const caches = (globalThis as { Cache?: typeof Cache }).Cache?.prototype
  if (caches) {
    const put = caches.put
    caches.put = async function (this: Cache, request, response) {
      const fault = meet(`cache${new URL(request instanceof Request ? request.url : request, location.href).pathname}`)
      if (!fault) return put.call(this, request, response)
      await response.body?.cancel()
      throw refusal(fault)
    }
  }
  const handles = (globalThis as { FileSystemFileHandle?: { prototype: Handle } }).FileSystemFileHandle?.prototype
  if (!handles) return
  const { createWritable, createSyncAccessHandle } = handles
  handles.createWritable = async function (this: Handle, options) {
    const stream = await createWritable.call(this, options)
    const write = stream.write.bind(stream)
    stream.write = async (data) => {
      const fault = meet(`files/${this.name}`)
      if (fault) throw refusal(fault)
      return write(data)
    }
    return stream
  }
  if (!createSyncAccessHandle) return
  handles.createSyncAccessHandle = async function (this: Handle) {
    const access = await createSyncAccessHandle.call(this)
    const write = access.write.bind(access)
    access.write = (bytes, options) => {
      const fault = meet(`files/${this.name}`)
      if (!fault) return write(bytes, options)
      if (fault.what === 'write-fails') throw refusal(fault)
      // As file systems do: what fits is written.
      return write(bytes.subarray(0, bytes.length >> 1), options)
    }
    return access
  }
}

/** In the browser’s words, which no person shall read. */
function refusal({ what }: Fault): DOMException {
  return what === 'disk-full'
    ? new DOMException('Encountered full disk while opening backing store.', 'QuotaExceededError')
    : new DOMException('Internal error opening backing store for writing.', 'UnknownError')
}
