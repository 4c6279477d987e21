import { plainText } from '../core/outside-text.ts'

/** Characters of a step that a summary quotes. */
const QUOTED = 90

/** A step in its own words, where a task has none for it: on one line, cut at a word. */
export function quoteStep(step: string): string {
  const line = step.replace(/\s+/g, ' ').trim()
  if (line.length <= QUOTED) return `“${plainText(line)}”`
  const space = line.lastIndexOf(' ', QUOTED)
  return `“${plainText(line.slice(0, space > QUOTED / 2 ? space : QUOTED))} …”`
}

/** The summary of free steps: each is quoted; those without a word are left out. */
export function quoteSteps(steps: readonly string[]): string[] {
  return steps.filter((step) => step.trim() !== '').map(quoteStep)
}

/** `3`, `3 and 5`, `3, 5 and 7`. */
export function inWords(items: readonly (string | number)[]): string {
  const last = items.at(-1)
  return items.length < 2 ? String(last ?? '') : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** `3 × 5`, the operation as it is read. */
export function calculationInWords(a: number, operation: string, b: number): string {
  const sign = { '*': '×', '/': '÷', '-': '−' }[operation] ?? operation
  return `${a} ${sign} ${b}`
}
