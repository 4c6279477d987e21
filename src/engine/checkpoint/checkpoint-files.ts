import { StepscopeError } from '../../core/errors.ts'

/**
 * The files of one Hugging Face folder, wherever they are: a directory (Node), URLs (bundled models),
 * or File objects (a folder dragged into the page). Reads are by byte range.
 */
export interface CheckpointFiles {
  /** For messages: folder name or URL. */
  readonly name: string
  /** File names relative to the folder. */
  readonly files: readonly string[]
  size(file: string): Promise<number>
  /** Bytes start … end − 1 of a file. */
  read(file: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

/** Does what reads a folder; its errors name the folder, too: there may be several of them. */
export async function inFolder<T>({ name }: Pick<CheckpointFiles, 'name'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    const { place } = error.details
    if (place?.file === undefined || place.file.includes('/')) throw error
    const file = `${name.replace(/\/+$/, '')}/${place.file}`
    throw new StepscopeError({ ...error.details, place: { ...place, file } }, { cause: error })
  }
}
