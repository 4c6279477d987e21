/** Beyond so many additions the exact distribution is as good as its normal limit, and takes too long. */
const MOST_ADDITIONS = 4_000_000

/**
 * Two-sided p of the sign-flip test on paired differences, one a problem, whole numbers in any unit: how often the sum is
 * at least as far from zero where each difference is as likely to have the other sign (Fisher's randomization test for
 * pairs). Differences of −1, 0 and 1 make it McNemar's exact test. Exact; for very many large differences the normal limit.
 * Throws a RangeError for a difference that is no whole number.
 */
export function signFlipTest(differences: readonly number[]): number {
  const sizes: number[] = []
  let sum = 0
  for (const difference of differences) {
    if (!Number.isInteger(difference)) throw new RangeError(`no whole number: ${difference}`)
    sum += difference
    if (difference !== 0) sizes.push(Math.abs(difference))
  }
  const observed = Math.abs(sum)
  if (observed === 0) return 1
  const most = sizes.reduce((total, size) => total + size, 0)
  if (sizes.length * most > MOST_ADDITIONS) return normalTail(observed, sizes)
  return exactTail(observed, sizes, most)
}

/** The sum of sizes with random signs is `2 · drawn − most`: the distribution of `drawn`, size by size. */
function exactTail(observed: number, sizes: readonly number[], most: number): number {
  const chances = new Float64Array(most + 1)
  chances[0] = 1
  let reached = 0
  for (const size of sizes) {
    reached += size
    for (let drawn = reached; drawn >= 0; drawn--) {
      chances[drawn] = ((chances[drawn] as number) + (drawn >= size ? (chances[drawn - size] as number) : 0)) / 2
    }
  }
  let tail = 0
  for (let drawn = 0; 2 * drawn - most <= -observed; drawn++) tail += chances[drawn] as number
  return Math.min(1, 2 * tail)
}

function normalTail(observed: number, sizes: readonly number[]): number {
  const variance = sizes.reduce((total, size) => total + size * size, 0)
  const z = observed / Math.sqrt(variance)
  // Abramowitz & Stegun 7.1.26, within 1.5e−7.
  const x = z / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.min(1, polynomial * Math.exp(-x * x))
}

/**
 * Holm's correction (Scandinavian Journal of Statistics 6, 1979): each p as it counts among all of these. Where those
 * below a level are called shown, the chance that any of them is by accident is at most that level. In the order given.
 */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => (values[a] as number) - (values[b] as number))
  const corrected = values.map(() => 1)
  let highest = 0
  for (const [rank, index] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (values.length - rank) * (values[index] as number)))
    corrected[index] = highest
  }
  return corrected
}
