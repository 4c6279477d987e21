import { truthOf } from './trace-labels.ts'
import type { TraceView } from './trace-view.ts'
import type { Slot, Trace, TraceScores, TracesState } from './traces-state.ts'

/** First wrong step where it is not known. */
export const UNKNOWN = -2

/** Numbers of all traces, one place for each: what lists are filtered and sorted by. NaN where a trace has no score. */
export interface TraceColumns {
  readonly count: number
  /** Steps. */
  readonly length: Uint32Array
  /** By the truth: from 0, −1 where no step is wrong, `UNKNOWN`. */
  readonly firstError: Int32Array
  /** Lowest score of a step, by slot. */
  readonly lowest: Readonly<Record<Slot, Float32Array>>
  /**
   * How far the scores are apart, largest difference of a step, 0 to 1: of the two models, where both scored; else of model A and
   * the truth, up to the first wrong step.
   */
  readonly disagreement: Float32Array
}

type Shown = Pick<TracesState, 'traces' | 'made' | 'truth' | 'scores' | 'slots'>

/** Scores that a slot shows; null where it shows none. */
export function slotScores({ scores, slots }: Pick<Shown, 'scores' | 'slots'>, slot: Slot): TraceScores | null {
  const scorer = slots[slot]?.scorer
  return scorer == null ? null : (scores[scorer] ?? null)
}

/** Scores of a trace by a scorer; null where it has none. */
export function scoresOf(scores: TraceScores | null, { set, index }: Trace): readonly number[] | null {
  const own = scores?.[set]?.[index]
  return own === undefined || own === null || own.length === 0 ? null : own
}

/** Whether a scorer was asked about a trace and could not score it. */
export function isRefused(scores: TraceScores | null, { set, index }: Trace): boolean {
  return scores?.[set]?.[index]?.length === 0
}

export function columnsOf(shown: Shown): TraceColumns {
  const { traces, made, truth } = shown
  const count = traces.length
  const [a, b] = [slotScores(shown, 'a'), slotScores(shown, 'b')]
  const columns = {
    count,
    length: new Uint32Array(count),
    firstError: new Int32Array(count),
    lowest: { a: new Float32Array(count), b: new Float32Array(count) },
    disagreement: new Float32Array(count),
  }
  for (let at = 0; at < count; at++) {
    const trace = traces[at] as Trace
    const [byA, byB] = [scoresOf(a, trace), scoresOf(b, trace)]
    const firstError = truthOf(trace, made, truth)?.firstError ?? UNKNOWN
    columns.length[at] = trace.steps.length
    columns.firstError[at] = firstError
    columns.lowest.a[at] = lowest(byA)
    columns.lowest.b[at] = lowest(byB)
    columns.disagreement[at] =
      byA !== null && byB !== null ? largestDifference(byA, byB) : differenceFromTruth(byA ?? byB, firstError)
  }
  return columns
}

function lowest(scores: readonly number[] | null): number {
  let least = Number.NaN
  for (const score of scores ?? []) if (!(score >= least)) least = score
  return least
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  // A model of outcomes has one score for a whole response: it stands against the other's last.
  if (a.length !== b.length) return Math.abs((a.at(-1) ?? Number.NaN) - (b.at(-1) ?? Number.NaN))
  let most = Number.NaN
  for (let step = 0; step < a.length; step++) {
    const difference = Math.abs((a[step] ?? 0) - (b[step] ?? 0))
    if (!(difference <= most)) most = difference
  }
  return most
}

function differenceFromTruth(scores: readonly number[] | null, firstError: number): number {
  if (scores === null || firstError === UNKNOWN) return Number.NaN
  let most = Number.NaN
  const end = firstError < 0 ? scores.length : Math.min(scores.length, firstError + 1)
  for (let step = 0; step < end; step++) {
    const difference = Math.abs((scores[step] ?? 0) - (step === firstError ? 0 : 1))
    if (!(difference <= most)) most = difference
  }
  return most
}

type Filtered = Pick<TracesState, 'traces' | 'made'>

/** Places of the traces that a view shows, in its order. Traces without the number that is sorted by come last. */
export function listed(
  shown: Filtered,
  columns: TraceColumns,
  view: TraceView,
  scores: TraceScores | null,
): Uint32Array {
  const places = new Uint32Array(columns.count)
  const matches = matcher(view.query)
  const [traces, human] = [shown.traces, shown.made.human]
  let found = 0
  for (let at = 0; at < columns.count; at++) {
    const trace = traces[at] as Trace
    if (view.set !== '' && trace.set !== view.set) continue
    if (view.subset !== '' && (trace.subset ?? '') !== view.subset) continue
    const error = columns.firstError[at] as number
    if (view.outcome !== 'all' && outcomeOf(error) !== view.outcome) continue
    if (view.labelled !== 'all' && trace.key in human !== (view.labelled === 'human')) continue
    if (view.judged !== 'all' && judgedOf(scoresOf(scores, trace), error, view.threshold) !== view.judged) continue
    if (matches !== null && !matches(trace)) continue
    places[found++] = at
  }
  return sorted(places.subarray(0, found), columns, view)
}

function outcomeOf(firstError: number): 'wrong' | 'right' | 'unknown' {
  if (firstError === UNKNOWN) return 'unknown'
  return firstError < 0 ? 'right' : 'wrong'
}

/** Whether the first step below the threshold is the first wrong one; null where that is not known. */
function judgedOf(scores: readonly number[] | null, firstError: number, threshold: number) {
  if (scores === null) return 'unscored'
  if (firstError === UNKNOWN) return null
  return scores.findIndex((score) => score < threshold) === firstError ? 'found' : 'missed'
}

/** Whether a trace has a text in its problem or steps, whatever the case; null where every trace does. */
function matcher(query: string): ((trace: Trace) => boolean) | null {
  const wanted = query.trim()
  if (wanted === '') return null
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i')
  return ({ problem, steps, id }) =>
    pattern.test(problem) || steps.some((step) => pattern.test(step)) || (id !== null && pattern.test(id))
}

function sorted(places: Uint32Array, columns: TraceColumns, { sort, descending }: TraceView): Uint32Array {
  const turn = descending ? -1 : 1
  if (sort === 'file') return descending ? places.toReversed() : places
  const values: ArrayLike<number> = {
    length: columns.length,
    'first-error': columns.firstError,
    lowest: columns.lowest.a,
    disagreement: columns.disagreement,
  }[sort]
  const missing = sort === 'first-error' ? (value: number) => value < 0 : Number.isNaN
  return places.sort((one, other) => {
    const [a, b] = [values[one] as number, values[other] as number]
    const [noA, noB] = [missing(a), missing(b)]
    if (noA || noB) return noA === noB ? one - other : noA ? 1 : -1
    return a === b ? one - other : (a - b) * turn
  })
}
