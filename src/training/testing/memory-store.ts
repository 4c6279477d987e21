import type { RunStore } from '../run/run-store.ts'

/** A run's files in memory. */
export function memoryStore(files = new Map<string, Uint8Array<ArrayBuffer>>()): RunStore {
  return {
    name: 'memory',
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)?.slice() ?? null,
    write: async (name, bytes) => {
      files.set(name, bytes.slice())
    },
    remove: async (name) => {
      files.delete(name)
    },
  }
}
