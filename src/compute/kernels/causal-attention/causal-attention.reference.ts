import type { Views } from '../../backend.ts'
import { ROW_POSITION, rowStart } from '../rows.ts'

export interface CausalAttentionShape {
  readonly heads: number
  readonly keyValueHeads: number
  /** The true head dimension: scores are scaled by its inverse root. */
  readonly headDim: number
  /** A row sees itself and the `window` − 1 rows before it; null: all of its sequence before it. */
  readonly window: number | null
  /** headDim rounded up to a multiple of 4; what lies between is zero. */
  readonly headWidth: number
  /** Floats from one row of queries, keys and values to the next; a multiple of 4. */
  readonly stride: number
  /** The same for what is attended and its gradient; all heads' widths where it is not given. */
  readonly attendedStride?: number
  /** Invocations of a workgroup, which share nothing. */
  readonly lanes: number
}

export const CAUSAL_ATTENTION_BINDINGS = {
  rows: ['u32', 'read'],
  /** Per row: query heads, key heads, value heads, `headWidth` floats each, as rotary-dense leaves them. */
  turned: ['f32', 'read'],
  /** [rows, heads, headWidth], rows `attendedStride` apart. */
  attended: ['f32', 'read_write'],
  /** [rows, heads]: log Σ e^score. */
  logSums: ['f32', 'read_write'],
} as const

export function causalAttentionReference(
  shape: CausalAttentionShape,
  views: Views<typeof CAUSAL_ATTENTION_BINDINGS>,
): () => void {
  const { heads, keyValueHeads, headDim, headWidth, stride, attendedStride = heads * headWidth } = shape
  const { rows, turned, attended, logSums } = views
  const scale = 1 / Math.sqrt(headDim)
  const group = heads / keyValueHeads
  const mixed = new Float64Array(headWidth)
  const scores: number[] = []
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const start = row - rowsBefore(shape, rows[rowStart(row) + ROW_POSITION] as number)
      for (let head = 0; head < heads; head++) {
        const query = row * stride + head * headWidth
        const key = (heads + Math.floor(head / group)) * headWidth
        const value = key + keyValueHeads * headWidth
        let most = Number.NEGATIVE_INFINITY
        for (let other = start; other <= row; other++) {
          const score = dot(turned, query, turned, other * stride + key, headDim) * scale
          scores[other - start] = score
          most = Math.max(most, score)
        }
        let sum = 0
        mixed.fill(0)
        for (let other = start; other <= row; other++) {
          const weight = Math.exp((scores[other - start] as number) - most)
          sum += weight
          addScaled(mixed, weight, turned, other * stride + value, headDim)
        }
        const to = row * attendedStride + head * headWidth
        for (let d = 0; d < headWidth; d++) attended[to + d] = (mixed[d] as number) / sum
        logSums[row * heads + head] = most + Math.log(sum)
      }
    }
  }
}

/** How many rows before it a row at `position` sees. */
export function rowsBefore({ window }: Pick<CausalAttentionShape, 'window'>, position: number): number {
  return window === null ? position : Math.min(position, window - 1)
}

/** Σ a · b over `length` numbers, in float64. Two sums at a time keep the adder busy. */
export function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): number {
  let even = 0
  let odd = 0
  for (let d = 0; d + 1 < length; d += 2) {
    even += (a[atA + d] as number) * (b[atB + d] as number)
    odd += (a[atA + d + 1] as number) * (b[atB + d + 1] as number)
  }
  return length % 2 === 0 ? even + odd : even + odd + (a[atA + length - 1] as number) * (b[atB + length - 1] as number)
}

/** sums += factor · x */
export function addScaled(sums: Float64Array, factor: number, x: Float32Array, at: number, length: number): void {
  for (let d = 0; d < length; d++) sums[d] = (sums[d] as number) + factor * (x[at + d] as number)
}
