import type { Views } from '../../backend.ts'
import { ROW_TABLE, rowStart } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { addScaled, dot } from './causal-attention.reference.ts'

export const CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS = {
  /** The table word of a row is the last row of its sequence. */
  rows: ['u32', 'read'],
  /** Input and output of causal-attention. */
  turned: ['f32', 'read'],
  logSums: ['f32', 'read'],
  /** Gradient of causal-attention's `attended`, [rows, heads, headWidth]. */
  gradient: ['f32', 'read'],
  /** From causal-attention-backward-queries. */
  deltas: ['f32', 'read'],
  /** Gradient of `turned`, of which only the key and value heads are written. */
  output: ['f32', 'read_write'],
} as const

export function causalAttentionBackwardKeysReference(
  shape: CausalAttentionShape,
  views: Views<typeof CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS>,
): () => void {
  const { heads, keyValueHeads, headDim, headWidth, stride, attendedStride = heads * headWidth } = shape
  const { rows, turned, logSums, gradient, deltas, output } = views
  const scale = 1 / Math.sqrt(headDim)
  const group = heads / keyValueHeads
  const keySums = new Float64Array(headWidth)
  const valueSums = new Float64Array(headWidth)
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const last = lastSeeing(shape, row, rows[rowStart(row) + ROW_TABLE] as number)
      for (let keyHead = 0; keyHead < keyValueHeads; keyHead++) {
        const key = row * stride + (heads + keyHead) * headWidth
        const value = key + keyValueHeads * headWidth
        keySums.fill(0)
        valueSums.fill(0)
        for (let other = row; other <= last; other++) {
          for (let head = keyHead * group; head < (keyHead + 1) * group; head++) {
            const query = other * stride + head * headWidth
            const number = other * heads + head
            const above = other * attendedStride + head * headWidth
            const weight = Math.exp(dot(turned, query, turned, key, headDim) * scale - (logSums[number] as number))
            const byWeight = dot(gradient, above, turned, value, headDim)
            addScaled(valueSums, weight, gradient, above, headDim)
            addScaled(keySums, weight * (byWeight - (deltas[number] as number)) * scale, turned, query, headDim)
          }
        }
        output.set(keySums, key)
        output.set(valueSums, value)
      }
    }
  }
}

/** The last row that sees `row`, in a sequence whose last row is `last`. */
function lastSeeing({ window }: CausalAttentionShape, row: number, last: number): number {
  return window === null ? last : Math.min(last, row + window - 1)
}
