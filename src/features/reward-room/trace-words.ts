import type { Trace, TraceLabels } from '../../state/traces/traces-state.ts'

/** Traces that were made here stand in no line of a file. */
const MADE_HERE: ReadonlySet<string> = new Set(['sampled', 'text'])

/** What a trace is called in one word or two: its id, else its line, and its place among several of that line. */
export function traceName({ id, origin, index }: Pick<Trace, 'id' | 'origin' | 'index'>): string {
  if (id !== null) return id
  if (MADE_HERE.has(origin.format)) return `trace ${index + 1}`
  return origin.index === 0 ? `line ${origin.line}` : `line ${origin.line}, ${origin.index + 1}`
}

/** Where the first wrong step is, in words. */
export function outcomeWords(truth: TraceLabels | null): string {
  const firstError = truth?.firstError ?? null
  if (firstError === null) return 'not known'
  return firstError < 0 ? 'no wrong step' : `step ${firstError + 1} wrong`
}

export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
