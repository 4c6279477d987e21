import { wilsonInterval } from '../core/statistics.ts'
import type { JudgedTrace } from './first-error.ts'
import type { FirstErrorPlaces } from './process-bench.ts'

/** A share with its 95 % interval. */
export interface CountedShare {
  readonly share: number
  readonly hits: number
  readonly count: number
  /** Wilson's. */
  readonly interval: readonly [low: number, high: number]
}

/** ProcessBench's columns at one threshold. */
export interface ThresholdPoint {
  readonly threshold: number
  readonly places: FirstErrorPlaces
  /** Of wrong traces, those whose first wrong step is found exactly; null where there are none. */
  readonly error: CountedShare | null
  /** Of right traces, those in which no step is called wrong; null where there are none. */
  readonly correct: CountedShare | null
  /** Harmonic mean of both with its 95 % interval; null where one is missing. */
  readonly f1: { readonly value: number; readonly interval: readonly [low: number, high: number] } | null
}

const CATEGORIES = ['exact', 'early', 'late', 'missed', 'kept', 'falseAlarms'] as const

/**
 * How a set of traces is judged at every threshold at once. A trace is called otherwise only where the threshold passes a new
 * minimum of its scores, so all such places are sorted once, with running counts; asking for one threshold is a binary search.
 */
export class ThresholdCurve {
  readonly traces: number
  readonly wrong: number
  readonly right: number
  /** Scores above which a verdict changes, ascending. */
  private readonly changes: Float64Array
  /** Six counts behind each change, and before the first one. */
  private readonly counts: Uint32Array

  /** @param traces those whose first wrong step is known, each with a score for every step that counts */
  constructor(traces: readonly JudgedTrace[]) {
    this.traces = traces.length
    this.wrong = traces.filter(({ firstError }) => firstError >= 0).length
    this.right = this.traces - this.wrong
    const found = traces.flatMap(verdictChanges).sort((a, b) => a.above - b.above)
    this.changes = Float64Array.from(found, ({ above }) => above)
    this.counts = new Uint32Array((found.length + 1) * CATEGORIES.length)
    // Below every score nothing is called wrong.
    const running = [0, 0, 0, this.wrong, this.right, 0]
    this.counts.set(running)
    for (const [index, { from, to }] of found.entries()) {
      running[from] = (running[from] ?? 0) - 1
      running[to] = (running[to] ?? 0) + 1
      this.counts.set(running, (index + 1) * CATEGORIES.length)
    }
  }

  /** A step is called wrong below the threshold: a score equal to it is right. */
  at(threshold: number): ThresholdPoint {
    const row = lowerBound(this.changes, threshold) * CATEGORIES.length
    const places = Object.fromEntries(
      CATEGORIES.map((name, index) => [name, this.counts[row + index] ?? 0]),
    ) as unknown as FirstErrorPlaces
    const error = countedShare(places.exact, this.wrong)
    const correct = countedShare(places.kept, this.right)
    return { threshold, places, error, correct, f1: harmonicMean(error, correct) }
  }

  /** Points at equal distances from 0 to 1, both included, for a picture. */
  sampled(count: number): readonly ThresholdPoint[] {
    return Array.from({ length: count }, (_, index) => this.at(index / (count - 1)))
  }

  /** The threshold with the highest F1, of several the lowest; null where the traces have no F1. */
  best(): ThresholdPoint | null {
    if (this.wrong === 0 || this.right === 0) return null
    let [best, most] = [0, -1]
    // Thresholds between two scores judge alike: the scores themselves are tried, and 1 above them all.
    for (let index = 0; index <= this.changes.length; index++) {
      const threshold = this.changes[index] ?? 1
      if (index > 0 && threshold === this.changes[index - 1]) continue
      const row = index * CATEGORIES.length
      const [error, correct] = [(this.counts[row] ?? 0) / this.wrong, (this.counts[row + 4] ?? 0) / this.right]
      const f1 = error + correct === 0 ? 0 : (2 * error * correct) / (error + correct)
      if (f1 > most) [best, most] = [threshold, f1]
    }
    return this.at(best)
  }
}

/** Where the verdict on a trace changes: above a score, from one category to another, by their index. */
function verdictChanges({ scores, firstError }: JudgedTrace): { above: number; from: number; to: number }[] {
  const minima: { score: number; step: number }[] = []
  let least = Number.POSITIVE_INFINITY
  for (const [step, score] of scores.entries()) {
    if (score >= least) continue
    least = score
    minima.push({ score, step })
  }
  const category = (predicted: number | null): number => {
    if (firstError < 0) return predicted === null ? 4 : 5
    if (predicted === null) return 3
    return predicted === firstError ? 0 : predicted < firstError ? 1 : 2
  }
  const changes: { above: number; from: number; to: number }[] = []
  let from = category(null)
  for (const { score, step } of minima.reverse()) {
    const to = category(step)
    if (to !== from) changes.push({ above: score, from, to })
    from = to
  }
  return changes
}

/** How many values of an ascending list are below a number. */
function lowerBound(values: Float64Array, below: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) < below) low = middle + 1
    else high = middle
  }
  return low
}

/** A share of counted things, null where there are none. */
export function countedShare(hits: number, count: number): CountedShare | null {
  return count === 0 ? null : { share: hits / count, hits, count, interval: wilsonInterval(hits, count) }
}

/**
 * F1 of two independent shares, with an interval recovered from those of the shares (MOVER; Zou & Donner, Statistics in Medicine
 * 27, 2008): each moves alone to its bound, and the differences add up in squares. F1 grows with both.
 */
function harmonicMean(a: CountedShare | null, b: CountedShare | null): ThresholdPoint['f1'] {
  if (a === null || b === null) return null
  const f1 = (x: number, y: number): number => (x + y === 0 ? 0 : (2 * x * y) / (x + y))
  const value = f1(a.share, b.share)
  const apart = (end: 0 | 1): number =>
    Math.hypot(value - f1(a.interval[end], b.share), value - f1(a.share, b.interval[end]))
  return { value, interval: [Math.max(0, value - apart(0)), Math.min(1, value + apart(1))] }
}

/** Predicted beside true first wrong steps. */
export interface IndexConfusion {
  /** Number of steps that have a row of their own; later ones share the last. */
  readonly steps: number
  /** `cells[truth][predicted]`, both by step, the last entry of each “none”. */
  readonly cells: readonly (readonly number[])[]
}

/**
 * Which step is called the first wrong one, beside which it is. Steps from `most − 1` on share a row.
 * @param most rows of steps at most
 */
export function indexConfusion(traces: readonly JudgedTrace[], threshold: number, most = 10): IndexConfusion {
  const longest = traces.reduce((length, { scores }) => Math.max(length, scores.length), 0)
  const steps = Math.min(most, longest)
  const cells = Array.from({ length: steps + 1 }, () => new Array<number>(steps + 1).fill(0))
  const place = (index: number): number => (index < 0 ? steps : Math.min(index, steps - 1))
  for (const { scores, firstError } of traces) {
    let predicted = -1
    for (let step = 0; step < scores.length; step++) {
      if ((scores[step] as number) >= threshold) continue
      predicted = step
      break
    }
    const row = cells[place(firstError)]
    if (row) row[place(predicted)] = (row[place(predicted)] ?? 0) + 1
  }
  return { steps, cells }
}
