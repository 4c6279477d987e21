/** Line ends, tabs and backslashes as a person types them in a one-line field. */
export function showEscapes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** The inverse of `showEscapes`; an unfinished escape stays as typed. */
export function readEscapes(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : '\\'))
}

const OR = ' or '

/** Several step ends in one field. */
export function showStepEnds(ends: readonly string[]): string {
  return ends.map(showEscapes).join(OR)
}

/** The inverse of `showStepEnds`; empty where nothing is typed. */
export function readStepEnds(text: string): readonly string[] {
  return text
    .split(OR)
    .filter((end) => end !== '')
    .map(readEscapes)
}
