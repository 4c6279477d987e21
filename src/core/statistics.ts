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
