/** A private plane of Unicode, with room for 65,534 characters that no text has. */
const FIRST = 0xf0000

/** The character that stands for a token in a GGUF file of ours: its vocabulary needs no words. */
export function ggufCharacter(id: number): string {
  return String.fromCodePoint(FIRST + id)
}

export function ggufText(ids: readonly number[]): string {
  return ids.map(ggufCharacter).join('')
}
