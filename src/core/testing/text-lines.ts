/** Splits a text into lines, each with its newline; the last may lack one. The lines joined give the text again. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
