/** Arithmetic mean; NaN for an empty list. */
export function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/**
 * Wilson score interval of a proportion (Wilson, JASA 22, 1927): bounds stay within [0, 1] and make sense at 0 and at
 * all successes. `z` 1.96 gives 95 %. No trials: [0, 1].
 */
export function wilsonInterval(successes: number, trials: number, z = 1.959963984540054): [low: number, high: number] {
  if (trials === 0) return [0, 1]
  const p = successes / trials
  const z2 = z * z
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
  const half = (z / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials))
  // The bounds at the ends are exact; rounding would miss them by a bit.
  return [successes === 0 ? 0 : centre - half, successes === trials ? 1 : centre + half]
}

/** Successes among the trials of one group, e.g. right answers among the samples of one problem. */
export interface TrialGroup {
  readonly successes: number
  readonly trials: number
}

/**
 * Mean success rate over groups, each counting alike, with its 95 % interval. Trials of one group are not independent
 * of each other, so the interval is Wilson's for the number of independent trials whose mean would vary as much as the
 * groups' rates do (p(1 − p) / Var(mean), Kish's effective sample size), at least one a group. With one trial a group
 * it is Wilson's interval. No groups: rate 0, interval [0, 1].
 */
export function groupedRate(groups: readonly TrialGroup[]): { rate: number; interval: [low: number, high: number] } {
  const rates = groups.filter(({ trials }) => trials > 0).map(({ successes, trials }) => successes / trials)
  const count = rates.length
  if (count === 0) return { rate: 0, interval: [0, 1] }
  const rate = mean(rates)
  const total = groups.reduce((sum, { trials }) => sum + trials, 0)
  const variance = rates.reduce((sum, value) => sum + (value - rate) ** 2, 0) / Math.max(1, count - 1) / count
  const effective = variance === 0 ? count : Math.min(total, Math.max(count, (rate * (1 - rate)) / variance))
  return { rate, interval: wilsonInterval(rate * effective, effective) }
}

/**
 * Unbiased estimate of the chance that at least one of k samples is right, from `successes` among `trials` samples:
 * 1 − C(trials − successes, k) / C(trials, k) (Chen et al., "Evaluating Large Language Models Trained on Code", 2021).
 * Throws a RangeError where there are fewer than k trials.
 */
export function passAtK({ successes, trials }: TrialGroup, k: number): number {
  if (trials < k) throw new RangeError(`pass@${k} needs at least ${k} samples`)
  let allWrong = 1
  for (let i = 0; i < k; i++) allWrong *= Math.max(0, trials - successes - i) / (trials - i)
  return 1 - allWrong
}
