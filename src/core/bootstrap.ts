import { RandomStream } from './random.ts'

/** What one group adds to a ratio of sums, such as the pairs of one problem that are in order, and all of its pairs. */
export interface RatioPart {
  readonly part: number
  /** Above 0. */
  readonly whole: number
}

/** Many enough that the interval's ends move by less than a tenth of its width. */
const RESAMPLES = 2000
/** Of more groups the ratio is as good as normal, and resampling them would only take long. */
const MOST_GROUPS = 1000

/**
 * Ratio of two sums over groups, with its 95 % interval by the percentile bootstrap: as many groups as there are, drawn with
 * replacement, 2,000 times (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13). What lies within a group
 * may depend on each other in any way. Of more than 1,000 groups the interval is the normal one of a ratio (Cochran, "Sampling
 * Techniques", 1977, ch. 6), which the bootstrap's then is but for chance. The same groups always give the same interval. No
 * groups: NaN.
 */
export function bootstrapRatio(groups: readonly RatioPart[]): { ratio: number; interval: [low: number, high: number] } {
  if (groups.length === 0) return { ratio: Number.NaN, interval: [Number.NaN, Number.NaN] }
  if (groups.length > MOST_GROUPS) return linearRatio(groups)
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

function linearRatio(groups: readonly RatioPart[]): { ratio: number; interval: [low: number, high: number] } {
  const ratio = ratioOf(groups)
  let squares = 0
  let whole = 0
  for (const group of groups) {
    squares += (group.part - ratio * group.whole) ** 2
    whole += group.whole
  }
  const half = (1.959963984540054 * Math.sqrt((squares * groups.length) / (groups.length - 1))) / whole
  return { ratio, interval: [ratio - half, ratio + half] }
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
