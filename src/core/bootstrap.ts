import { RandomStream } from './random.ts'

/** What one group adds to a ratio of sums, such as the pairs of one problem that are in order, and all of its pairs. */
export interface RatioPart {
  readonly part: number
  /** Above 0. */
  readonly whole: number
}

/** Many enough that the interval's ends move by less than a tenth of its width. */
const RESAMPLES = 2000

/**
 * Ratio of two sums over groups, with its 95 % interval by the percentile bootstrap: as many groups as there are, drawn with
 * replacement, 2,000 times (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13). What lies within a group
 * may depend on each other in any way. The same groups always give the same interval. No groups: NaN.
 */
export function bootstrapRatio(groups: readonly RatioPart[]): { ratio: number; interval: [low: number, high: number] } {
  if (groups.length === 0) return { ratio: Number.NaN, interval: [Number.NaN, Number.NaN] }
  const random = new RandomStream(0)
  const last = groups.length - 1
  const ratios = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let part = 0
    let whole = 0
    for (let drawn = 0; drawn <= last; drawn++) {
      const group = groups[random.integer(0, last)] as RatioPart
      part += group.part
      whole += group.whole
    }
    ratios[resample] = part / whole
  }
  ratios.sort()
  const at = (share: number): number => ratios[Math.round(share * (RESAMPLES - 1))] as number
  return { ratio: ratioOf(groups), interval: [at(0.025), at(0.975)] }
}

function ratioOf(groups: readonly RatioPart[]): number {
  let part = 0
  let whole = 0
  for (const group of groups) {
    part += group.part
    whole += group.whole
  }
  return part / whole
}
