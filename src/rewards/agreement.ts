/** How far two sources of labels for the same steps agree, such as a reward model and Monte Carlo runs. */
export interface Agreement {
  /** Share of steps that both call right or both call wrong. */
  readonly share: number
  /**
   * Cohen's kappa (Educational and Psychological Measurement 20, 1960): what of the agreement is not owed to how often each
   * says "right", 1 at most; null where chance alone would agree always.
   */
  readonly kappa: number | null
  /** Mean of |a − b|. */
  readonly distance: number
}

/**
 * Agreement of two lists of scores or labels in [0, 1]; from `threshold` on they mean "right".
 * @returns null where there is nothing to compare
 */
export function agreement(a: readonly number[], b: readonly number[], threshold = 0.5): Agreement | null {
  const count = a.length
  if (count !== b.length) throw new RangeError(`${count} labels beside ${b.length}`)
  if (count === 0) return null
  let same = 0
  let rightInA = 0
  let rightInB = 0
  let distance = 0
  for (let i = 0; i < count; i++) {
    const first = a[i] as number
    const second = b[i] as number
    if (first >= threshold) rightInA++
    if (second >= threshold) rightInB++
    if (first >= threshold === second >= threshold) same++
    distance += Math.abs(first - second)
  }
  const chance = (rightInA * rightInB + (count - rightInA) * (count - rightInB)) / (count * count)
  const share = same / count
  return { share, kappa: chance === 1 ? null : (share - chance) / (1 - chance), distance: distance / count }
}
