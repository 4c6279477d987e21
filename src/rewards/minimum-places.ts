import { mean, wilsonInterval } from '../core/statistics.ts'
import type { CountedShare } from './threshold-curve.ts'
import { countedShare } from './threshold-curve.ts'

/** Where the lowest score of a path lies. */
export interface MinimumPlaces {
  /** Traces with at least two steps: in one there is no choice. */
  readonly traces: number
  /** Of these, with the lowest score on the last step, and on the first one. */
  readonly last: CountedShare | null
  readonly first: CountedShare | null
  /** The share that chance would put on the last step: the mean of 1 / steps. */
  readonly byChance: number
  /** By tenths of the way from the first step to the last one. */
  readonly tenths: readonly number[]
}

/** Where the lowest score falls; of equal ones the first. */
export function minimumPlaces(traces: readonly (readonly number[])[]): MinimumPlaces {
  const long = traces.filter((scores) => scores.length > 1)
  const places = long.map((scores) => ({ at: lowest(scores), last: scores.length - 1 }))
  const tenths = new Array<number>(10).fill(0)
  for (const { at, last } of places) {
    const tenth = Math.min(9, Math.floor((at / last) * 10))
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  return {
    traces: long.length,
    last: countedShare(places.filter(({ at, last }) => at === last).length, long.length),
    first: countedShare(places.filter(({ at }) => at === 0).length, long.length),
    byChance: long.length === 0 ? 0 : mean(long.map((scores) => 1 / scores.length)),
    tenths,
  }
}

function lowest(scores: readonly number[]): number {
  let at = 0
  for (const [step, score] of scores.entries()) if (score < (scores[at] as number)) at = step
  return at
}

/** Mean score of a set of steps or paths. */
export interface MeanScore {
  /** Which step, or how many steps the path has. */
  readonly x: number
  readonly count: number
  readonly mean: number
  /** 95 % interval, as of a share: scores lie in [0, 1], so it is never too narrow. */
  readonly interval: readonly [low: number, high: number]
}

/** Mean score by step, from 1. */
export function scoreByPosition(traces: readonly (readonly number[])[], most = 40): readonly MeanScore[] {
  const byStep: number[][] = []
  for (const scores of traces) {
    for (const [step, score] of scores.slice(0, most).entries()) {
      byStep[step] ??= []
      byStep[step].push(score)
    }
  }
  return byStep.map((scores, step) => meanScore(step + 1, scores))
}

/** Mean of the paths' lowest scores by their number of steps. */
export function scoreByLength(traces: readonly (readonly number[])[]): readonly MeanScore[] {
  const byLength = new Map<number, number[]>()
  for (const scores of traces) {
    if (scores.length === 0) continue
    const least = scores[lowest(scores)] as number
    const own = byLength.get(scores.length)
    if (own) own.push(least)
    else byLength.set(scores.length, [least])
  }
  return [...byLength].sort(([a], [b]) => a - b).map(([length, scores]) => meanScore(length, scores))
}

function meanScore(x: number, scores: readonly number[]): MeanScore {
  const value = mean(scores)
  return { x, count: scores.length, mean: value, interval: wilsonInterval(value * scores.length, scores.length) }
}
