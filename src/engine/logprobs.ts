import { logSumExp } from '../core/numerics.ts'

export interface ProbableToken {
  readonly id: number
  /** log of the softmax of the raw logits, nats. */
  readonly logprob: number
}

/**
 * Log-probability of a token under one row of logits, and the `count` most probable tokens, best first, ties to the
 * lower id. Sums in float64.
 */
export function readLogits(
  logits: Float32Array,
  token: number,
  count: number,
): { logprob: number; best: ProbableToken[] } {
  const sum = logSumExp(logits)
  const best = highest(logits, count).map((id) => ({ id, logprob: (logits[id] ?? Number.NaN) - sum }))
  return { logprob: (logits[token] ?? Number.NaN) - sum, best }
}

function highest(logits: Float32Array, count: number): number[] {
  const ids: number[] = []
  if (count === 0) return ids
  const value = (id: number | undefined) => (id === undefined ? Number.NEGATIVE_INFINITY : (logits[id] ?? 0))
  for (let id = 0; id < logits.length; id++) {
    if (ids.length === count && value(id) <= value(ids[count - 1])) continue
    let at = ids.length
    while (at > 0 && value(ids[at - 1]) < value(id)) at -= 1
    ids.splice(at, 0, id)
    if (ids.length > count) ids.pop()
  }
  return ids
}
