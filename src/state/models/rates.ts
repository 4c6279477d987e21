/** Looks at the speed that are kept: half a minute of a run. */
export const RATE_LOOKS = 60

/** The speeds of the last looks with one more, oldest first. Nothing is added while idle, so that pauses take no room. */
export function addRate(rates: readonly number[], rate: number): readonly number[] {
  if (rate === 0 && (rates.at(-1) ?? 0) === 0) return rates
  return [...rates, rate].slice(-RATE_LOOKS)
}
