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
