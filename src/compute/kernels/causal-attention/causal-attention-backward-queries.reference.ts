import type { Views } from '../../backend.ts'
import { ROW_POSITION, rowStart } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { addScaled, dot, rowsBefore } from './causal-attention.reference.ts'

export const CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS = {
  rows: ['u32', 'read'],
  /** Input and outputs of causal-attention. */
  turned: ['f32', 'read'],
  attended: ['f32', 'read'],
  logSums: ['f32', 'read'],
  /** Gradient of `attended`, [rows, heads, headWidth]. */
  gradient: ['f32', 'read'],
  /** Gradient of `turned`, of which only the query heads are written. */
  output: ['f32', 'read_write'],
  /** [rows, heads]: Σ gradient · attended, for causal-attention-backward-keys. */
  deltas: ['f32', 'read_write'],
} as const

export function causalAttentionBackwardQueriesReference(
  shape: CausalAttentionShape,
  views: Views<typeof CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS>,
): () => void {
  const { heads, keyValueHeads, headDim, headWidth, stride, attendedStride = heads * headWidth } = shape
  const { rows, turned, attended, logSums, gradient, output, deltas } = views
  const scale = 1 / Math.sqrt(headDim)
  const group = heads / keyValueHeads
  const sums = new Float64Array(headWidth)
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const start = row - rowsBefore(shape, rows[rowStart(row) + ROW_POSITION] as number)
      for (let head = 0; head < heads; head++) {
        const query = row * stride + head * headWidth
        const key = (heads + Math.floor(head / group)) * headWidth
        const value = key + keyValueHeads * headWidth
        const from = row * attendedStride + head * headWidth
        const logSum = logSums[row * heads + head] as number
        const delta = dot(gradient, from, attended, from, headDim)
        deltas[row * heads + head] = delta
        sums.fill(0)
        for (let other = start; other <= row; other++) {
          const at = other * stride
          const weight = Math.exp(dot(turned, query, turned, at + key, headDim) * scale - logSum)
          const byScore = weight * (dot(gradient, from, turned, at + value, headDim) - delta)
          addScaled(sums, byScore * scale, turned, at + key, headDim)
        }
        output.set(sums, query)
      }
    }
  }
}
