/** Line ends, tabs and backslashes as a person types them in one line. */
export function showEscapes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** The inverse of `showEscapes`; an unfinished escape stays as typed. */
export function readEscapes(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : '\\'))
}
