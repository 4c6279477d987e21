import type { RunStore } from '../../training/run/run-store.ts'

/** `notes`: what is told of the run; `save`: what it goes on from; `model`: its last save as a Hugging Face folder. */
export type RunPart = 'notes' | 'save' | 'model'

export const RUN_PARTS: readonly RunPart[] = ['notes', 'save', 'model']

/** The files of one part of a run. */
export interface RunFolder extends RunStore {
  /** Bytes; null where there is no such file. */
  size(name: string): Promise<number | null>
  /** Bytes start … end − 1, fewer where the file ends before. */
  readRange(name: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
  /** Adds to a file, made where it is missing. An interrupted addition may leave its beginning. */
  append(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** All training runs that are kept: in the browser the origin private file system, in tests memory. */
export interface RunFolders {
  ids(): Promise<readonly string[]>
  part(id: string, part: RunPart): RunFolder
  remove(id: string): Promise<void>
}

/** Bytes of a part's files. */
export async function bytesOf(folder: RunFolder): Promise<number> {
  const names = await folder.list()
  const sizes = await Promise.all(names.map((name) => folder.size(name)))
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}
