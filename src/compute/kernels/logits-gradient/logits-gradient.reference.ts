import type { Views } from '../../backend.ts'
import { ROW_TOKEN, rowStart } from '../rows.ts'
import { STATS_ENTROPY, STATS_LOG_SUM, STATS_WORDS } from '../token-logprobs/token-logprobs.reference.ts'

export interface LogitsGradientShape {
  readonly vocabulary: number
  /** Floats from one row of the logits to the next; a multiple of 4. What lies past the vocabulary becomes zero. */
  readonly stride: number
  /** Invocations of a workgroup. */
  readonly lanes: number
}

export const LOGITS_GRADIENT_BINDINGS = {
  /** The token word of a row is its target. */
  rows: ['u32', 'read'],
  /** From token-logprobs. */
  stats: ['f32', 'read'],
  /** Per row the loss's derivatives by the target's log-probability and by the entropy. */
  coefficients: ['f32', 'read'],
  /** In place: logits become the loss's derivatives by them. */
  logits: ['f32', 'read_write'],
} as const

export function logitsGradientReference(
  { vocabulary, stride }: LogitsGradientShape,
  views: Views<typeof LOGITS_GRADIENT_BINDINGS>,
): () => void {
  const { rows, stats, coefficients, logits } = views
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const from = row * stride
      const target = rows[rowStart(row) + ROW_TOKEN] as number
      const logSum = stats[row * STATS_WORDS + STATS_LOG_SUM] as number
      const entropy = stats[row * STATS_WORDS + STATS_ENTROPY] as number
      const byLogprob = coefficients[2 * row] as number
      const byEntropy = coefficients[2 * row + 1] as number
      for (let id = 0; id < vocabulary; id++) {
        const logprob = (logits[from + id] as number) - logSum
        const probability = Math.exp(logprob)
        logits[from + id] =
          byLogprob * ((id === target ? 1 : 0) - probability) - byEntropy * probability * (logprob + entropy)
      }
      logits.fill(0, from + vocabulary, from + stride)
    }
  }
}
