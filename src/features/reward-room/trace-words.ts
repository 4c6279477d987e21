import type { Trace, TraceLabels } from '../../state/traces/traces-state.ts'

/** What a trace is called in one word or two: its id, else its line. */
export function traceName({ id, origin, index }: Trace): string {
  return id ?? (origin.line > 1 || index > 0 ? `line ${origin.line}` : `trace ${index + 1}`)
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
