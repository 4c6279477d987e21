import type { FileKind } from './mutate.ts'

/** A format that is read: a file of it, and its reader. */
export interface Target {
  /** In the table. */
  readonly name: string
  readonly kind: FileKind
  /** A file that is right. */
  sample(): Uint8Array<ArrayBuffer>
  /**
   * Reads a file as the program does, as far as it goes before work begins.
   * @returns what was read, for `silent`
   */
  read(bytes: Uint8Array<ArrayBuffer>): Promise<unknown>
  /** Says what is wrong with a file that was read without a word; null where nothing is ruled out. */
  silent?(bytes: Uint8Array<ArrayBuffer>, found: unknown): string | null
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
