/**
 * Share of scores on the same side of ½ as their labels; ½ itself counts as right. Soft labels are cut at ½ too.
 * NaN where there are none.
 */
export function accuracy(scores: readonly number[], labels: readonly number[]): number {
  let hits = 0
  for (let i = 0; i < scores.length; i++) {
    if ((scores[i] as number) >= 0.5 === (labels[i] as number) >= 0.5) hits++
  }
  return hits / scores.length
}
