import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { missingFile } from '../checkpoint/checkpoint-text.ts'

/** A checkpoint folder in memory; texts and JSON values are written as UTF-8. */
export function memoryFiles(
  contents: Readonly<Record<string, Uint8Array<ArrayBuffer> | object | string>>,
): CheckpointFiles {
  const bytes = new Map(Object.entries(contents).map(([name, value]) => [name, toBytes(value)]))
  const find = (file: string) => {
    const found = bytes.get(file)
    if (!found) throw missingFile(folder, file)
    return found
  }
  const folder: CheckpointFiles = {
    name: 'memory/model',
    files: [...bytes.keys()],
    size: async (file) => find(file).length,
    read: async (file, start, end, signal) => {
      signal?.throwIfAborted()
      return find(file).slice(start, end)
    },
  }
  return folder
}

/** The folder with some files replaced, added, or (undefined) left out. */
export function withFiles(
  files: CheckpointFiles,
  changes: Readonly<Record<string, Uint8Array<ArrayBuffer> | object | string | undefined>>,
): CheckpointFiles {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const changed = memoryFiles(given as Record<string, Uint8Array<ArrayBuffer> | object | string>)
  const owner = (file: string) => (file in changes ? changed : files)
  return {
    name: files.name,
    files: [...files.files.filter((file) => !(file in changes)), ...changed.files],
    size: (file) => owner(file).size(file),
    read: (file, start, end, signal) => owner(file).read(file, start, end, signal),
  }
}

function toBytes(value: Uint8Array<ArrayBuffer> | object | string): Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}
