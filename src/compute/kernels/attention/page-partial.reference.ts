import { positionStride } from '../page-pool.ts'
import { PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { LEAST_SCORE, partialNumbers } from './attention-shape.ts'

/**
 * The partial of one page for one row and head, in float32 as it is stored: both kernels go through it, so a row gets
 * the same bits from either. The row sees the page's positions `first` … `visible` − 1.
 */
export function pagePartial(
  shape: AttentionShape,
): (
  queries: Float32Array,
  query: number,
  pool: Float32Array,
  page: number,
  keyValueHead: number,
  first: number,
  visible: number,
  to: Float32Array,
  at: number,
) => void {
  const { headWidth, keyValueHeads, headDim } = shape
  const stride = positionStride(shape)
  const scale = 1 / Math.sqrt(headDim)
  const numbers = partialNumbers(shape)
  const scores = new Float64Array(PAGE_POSITIONS)

  return (queries, query, pool, page, keyValueHead, first, visible, to, at) => {
    const keys = page + keyValueHead * headWidth
    let most = LEAST_SCORE
    for (let p = first; p < visible; p++) {
      const from = keys + p * stride
      let even = 0
      let odd = 0
      // headWidth is a multiple of 4; its padding is zero. Two sums at a time keep the adder busy.
      for (let d = 0; d < headWidth; d += 4) {
        even += (queries[query + d] as number) * (pool[from + d] as number)
        odd += (queries[query + d + 1] as number) * (pool[from + d + 1] as number)
        even += (queries[query + d + 2] as number) * (pool[from + d + 2] as number)
        odd += (queries[query + d + 3] as number) * (pool[from + d + 3] as number)
      }
      const score = (even + odd) * scale
      scores[p] = score
      if (score > most) most = score
    }
    most = Math.fround(most)
    let sum = 0
    for (let p = first; p < visible; p++) {
      const weight = Math.exp((scores[p] as number) - most)
      scores[p] = weight
      sum += weight
    }
    to[at + numbers] = most
    to[at + numbers + 1] = sum
    const values = keys + keyValueHeads * headWidth
    for (let d = 0; d < headWidth; d += 4) {
      let a = 0
      let b = 0
      let c = 0
      let e = 0
      for (let p = first, from = values + first * stride + d; p < visible; p++, from += stride) {
        const weight = scores[p] as number
        a += weight * (pool[from] as number)
        b += weight * (pool[from + 1] as number)
        c += weight * (pool[from + 2] as number)
        e += weight * (pool[from + 3] as number)
      }
      to[at + d] = a
      to[at + d + 1] = b
      to[at + d + 2] = c
      to[at + d + 3] = e
    }
  }
}
