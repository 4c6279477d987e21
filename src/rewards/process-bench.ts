import type { FirstErrorResult, JudgedTrace } from './first-error.ts'
import { firstErrorF1, predictFirstError } from './first-error.ts'

/** A judged trace of a benchmark with several parts. */
export interface BenchTrace extends JudgedTrace {
  /** Its part, e.g. `gsm8k`. */
  readonly subset: string
}

export interface SubsetResult extends FirstErrorResult {
  readonly subset: string
  /** Traces with a wrong step, and without one. */
  readonly wrong: number
  readonly right: number
}

export interface ProcessBenchResult {
  readonly threshold: number
  /** In the order in which they first occur. */
  readonly subsets: readonly SubsetResult[]
  /** Mean F1 over the subsets, as ProcessBench reports it; null where one has none. */
  readonly averageF1: number | null
}

/** ProcessBench's columns for each part, and its average (Zheng et al., arXiv 2412.06559). */
export function processBench(traces: readonly BenchTrace[], threshold: number): ProcessBenchResult {
  const groups = new Map<string, BenchTrace[]>()
  for (const trace of traces) {
    const own = groups.get(trace.subset)
    if (own) own.push(trace)
    else groups.set(trace.subset, [trace])
  }
  const subsets = [...groups].map(([subset, own]): SubsetResult => {
    const wrong = own.filter(({ firstError }) => firstError >= 0).length
    return { subset, wrong, right: own.length - wrong, ...firstErrorF1(own, threshold) }
  })
  const scores = subsets.flatMap(({ f1 }) => f1 ?? [])
  const whole = subsets.length > 0 && scores.length === subsets.length
  return { threshold, subsets, averageF1: whole ? scores.reduce((sum, f1) => sum + f1, 0) / scores.length : null }
}

/** How predictions of the first wrong step lie to the true one. */
export interface FirstErrorPlaces {
  /** Wrong traces: found exactly, called wrong before it, behind it, or right throughout. */
  readonly exact: number
  readonly early: number
  readonly late: number
  readonly missed: number
  /** Right traces: called right, or wrong somewhere. */
  readonly kept: number
  readonly falseAlarms: number
}

/** Where the predicted first wrong steps are, beside where they should be. */
export function firstErrorPlaces(traces: readonly JudgedTrace[], threshold: number): FirstErrorPlaces {
  const places = { exact: 0, early: 0, late: 0, missed: 0, kept: 0, falseAlarms: 0 }
  for (const { scores, firstError } of traces) {
    const predicted = predictFirstError(scores, threshold)
    if (firstError < 0) places[predicted < 0 ? 'kept' : 'falseAlarms']++
    else if (predicted < 0) places.missed++
    else places[predicted === firstError ? 'exact' : predicted < firstError ? 'early' : 'late']++
  }
  return places
}

/**
 * The threshold with the highest F1; of several, the lowest. Thresholds between two scores judge alike, so only the scores
 * themselves, and one above them all, are tried.
 * @returns null where the traces have no F1
 */
export function bestThreshold(
  traces: readonly JudgedTrace[],
): { readonly threshold: number; readonly f1: number } | null {
  // What a trace is called changes only where the threshold passes a new minimum of its scores.
  const tried = new Set<number>([1])
  for (const { scores } of traces) {
    let least = Number.POSITIVE_INFINITY
    for (const score of scores) {
      if (score >= least) continue
      least = score
      tried.add(score)
    }
  }
  const wrong = traces.filter(({ firstError }) => firstError >= 0).length
  const right = traces.length - wrong
  if (wrong === 0 || right === 0) return null
  const changes = traces.flatMap(verdictChanges).sort((a, b) => a.threshold - b.threshold)
  let [found, kept, at] = [0, right, 0]
  let best: { threshold: number; f1: number } | null = null
  for (const threshold of [...tried].sort((a, b) => a - b)) {
    for (; at < changes.length && (changes[at]?.threshold ?? 0) < threshold; at++) {
      found += changes[at]?.found ?? 0
      kept += changes[at]?.kept ?? 0
    }
    const [error, correct] = [found / wrong, kept / right]
    const f1 = error + correct === 0 ? 0 : (2 * error * correct) / (error + correct)
    if (best === null || f1 > best.f1) best = { threshold, f1 }
  }
  return best
}

/** Above which thresholds a trace begins or ceases to be judged as it should be. */
function verdictChanges({ scores, firstError }: JudgedTrace): { threshold: number; found: number; kept: number }[] {
  const changes: { threshold: number; found: number; kept: number }[] = []
  let least = Number.POSITIVE_INFINITY
  for (const [index, score] of scores.entries()) {
    if (score >= least) continue
    // Above this score the step is the predicted one, until the threshold passes the minimum before it.
    if (firstError === index) {
      changes.push({ threshold: score, found: 1, kept: 0 })
      if (Number.isFinite(least)) changes.push({ threshold: least, found: -1, kept: 0 })
    }
    least = score
  }
  if (firstError < 0 && Number.isFinite(least)) changes.push({ threshold: least, found: 0, kept: -1 })
  return changes
}
