/** Pairs of a right and a wrong one, and how many of them are in the right order; a tie is half a win. */
export interface OrderedPairs {
  readonly wins: number
  readonly pairs: number
}

/**
 * Area under the receiver operating characteristic: the probability that a right one is scored above a wrong one, ties
 * counted half (Mann-Whitney U over its highest value; Hanley & McNeil, Radiology 143, 1982).
 *
 * The curve knows two classes: a soft label, as the share of completions that were right, counts as right from
 * `threshold` on. Only the order of scores matters, so logits do as well as probabilities.
 * @returns null where a class is missing
 * @throws RangeError where a score is no number: it has no place in an order
 */
export function areaUnderCurve(scores: readonly number[], labels: readonly number[], threshold = 0.5): number | null {
  const { wins, pairs } = orderedPairs(scores, labels, threshold)
  return pairs === 0 ? null : wins / pairs
}

/**
 * Mann-Whitney's U: counts the pairs of a right and a wrong one.
 * @throws RangeError where a score is no number
 */
export function orderedPairs(scores: readonly number[], labels: readonly number[], threshold = 0.5): OrderedPairs {
  if (scores.some((score) => Number.isNaN(score))) throw new RangeError('a score is no number')
  const order = scores.map((_, index) => index).sort((a, b) => (scores[a] as number) - (scores[b] as number))
  let right = 0
  let wrong = 0
  let wins = 0
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start] as number] as number
    let tiedRight = 0
    let tiedWrong = 0
    for (; start < order.length && scores[order[start] as number] === score; start++) {
      if ((labels[order[start] as number] as number) >= threshold) tiedRight++
      else tiedWrong++
    }
    wins += tiedRight * (wrong + tiedWrong / 2)
    right += tiedRight
    wrong += tiedWrong
  }
  return { wins, pairs: right * wrong }
}
