import type { RunFolder, RunFolders, RunPart } from '../run-folders.ts'

/** Runs in memory, shared by workers that come and go; `files` may be looked at and spoiled. */
export class MemoryRunFolders implements RunFolders {
  /** By `id/part/name`. */
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>()

  ids(): Promise<readonly string[]> {
    return Promise.resolve([...new Set([...this.files.keys()].map((path) => path.split('/')[0] ?? ''))].sort())
  }

  part(id: string, part: RunPart): RunFolder {
    const { files } = this
    const path = (name: string) => `${id}/${part}/${name}`
    return {
      name: `${id}/${part}`,
      list: async () =>
        [...files.keys()].filter((key) => key.startsWith(path(''))).map((key) => key.slice(path('').length)),
      size: async (name) => files.get(path(name))?.length ?? null,
      read: async (name) => files.get(path(name))?.slice() ?? null,
      readRange: async (name, start, end) => files.get(path(name))?.slice(start, end) ?? new Uint8Array(0),
      write: async (name, bytes) => {
        files.set(path(name), bytes.slice())
      },
      append: async (name, bytes) => {
        const before = files.get(path(name)) ?? new Uint8Array(0)
        const after = new Uint8Array(before.length + bytes.length)
        after.set(before)
        after.set(bytes, before.length)
        files.set(path(name), after)
      },
      remove: async (name) => {
        files.delete(path(name))
      },
    }
  }

  async remove(id: string): Promise<void> {
    for (const key of [...this.files.keys()]) if (key.startsWith(`${id}/`)) this.files.delete(key)
  }
}
