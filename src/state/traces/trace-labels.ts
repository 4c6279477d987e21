import type { LabelKind, Trace, TraceLabels, TracesState } from './traces-state.ts'
import { LABEL_KINDS } from './traces-state.ts'

type Made = TracesState['made']

/** Labels of one kind that a trace has; null where it has none. */
export function labelsOf(kind: LabelKind, trace: Trace, made: Made): TraceLabels | null {
  if (kind === 'human' || kind === 'monte-carlo') {
    const own = made[kind][trace.key]
    return own === undefined ? null : { kind, steps: own.steps, firstError: own.firstError }
  }
  if (kind === 'exact') {
    const { exact } = trace
    return exact === null ? null : { kind, steps: exact, firstError: exact.indexOf(0) }
  }
  const { labels, firstError } = trace
  return labels === null && firstError === null ? null : { kind, steps: labels, firstError }
}

/** What counts as the truth of a trace; null where nobody said. */
export function truthOf(trace: Trace, made: Made, truth: TracesState['truth']): TraceLabels | null {
  if (truth !== 'any') return labelsOf(truth, trace, made)
  for (const kind of LABEL_KINDS) {
    const found = labelsOf(kind, trace, made)
    if (found !== null) return found
  }
  return null
}

/** Labels of steps by the first wrong one alone: nothing is said of those behind it. */
export function hardSteps(steps: number, firstError: number | null): readonly (0 | 1 | null)[] {
  return Array.from({ length: steps }, (_, step) => {
    if (firstError === null) return null
    return firstError < 0 || step < firstError ? 1 : step === firstError ? 0 : null
  })
}
