import type { Views } from '../../backend.ts'
import type { PoolShape } from '../page-pool.ts'
import { pageStride, positionStride } from '../page-pool.ts'
import { PAGE_POSITIONS, ROW_POSITION, ROW_TABLE, rowStart } from '../rows.ts'

export interface AttentionShape extends PoolShape {
  readonly heads: number
  /** The true head dimension: scores are scaled by its inverse root. */
  readonly headDim: number
  /** Invocations per row and head. */
  readonly lanes: number
  /** Invocations of a workgroup, each with a row and head of its own, where there is one per row and head. */
  readonly serialLanes: number
}

export const ATTENTION_BINDINGS = {
  rows: ['u32', 'read'],
  pageTables: ['u32', 'read'],
  layer: ['u32', 'read'],
  queries: ['f32', 'read'],
  pool: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function attentionReference(shape: AttentionShape, views: Views<typeof ATTENTION_BINDINGS>): () => void {
  const { heads, keyValueHeads, headDim, headWidth, pagesPerSequence } = shape
  const { rows, pageTables, layer, queries, pool, output } = views
  const group = heads / keyValueHeads
  const stride = positionStride(shape)
  const scale = 1 / Math.sqrt(headDim)
  const scores = new Float64Array(pagesPerSequence * PAGE_POSITIONS)
  const places = new Int32Array(pagesPerSequence * PAGE_POSITIONS)

  function findPlaces(table: number, length: number): void {
    for (let start = 0; start < length; start += PAGE_POSITIONS) {
      const page = (layer[0] as number) + (pageTables[table + start / PAGE_POSITIONS] as number)
      const end = Math.min(start + PAGE_POSITIONS, length)
      for (let p = start; p < end; p++) places[p] = page * pageStride(shape) + (p - start) * stride
    }
  }

  /** scores[p] = e^(q · k_p / √d − max). @returns their sum */
  function weigh(query: number, key: number, length: number): number {
    let most = Number.NEGATIVE_INFINITY
    for (let p = 0; p < length; p++) {
      const from = (places[p] as number) + key
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
    let sum = 0
    for (let p = 0; p < length; p++) {
      const weight = Math.exp((scores[p] as number) - most)
      scores[p] = weight
      sum += weight
    }
    return sum
  }

  function mix(value: number, to: number, length: number, sum: number): void {
    for (let d = 0; d < headWidth; d += 4) {
      let a = 0
      let b = 0
      let c = 0
      let e = 0
      for (let p = 0; p < length; p++) {
        const from = (places[p] as number) + value + d
        const weight = scores[p] as number
        a += weight * (pool[from] as number)
        b += weight * (pool[from + 1] as number)
        c += weight * (pool[from + 2] as number)
        e += weight * (pool[from + 3] as number)
      }
      output[to + d] = a / sum
      output[to + d + 1] = b / sum
      output[to + d + 2] = c / sum
      output[to + d + 3] = e / sum
    }
  }

  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const length = (rows[rowStart(row) + ROW_POSITION] as number) + 1
      findPlaces((rows[rowStart(row) + ROW_TABLE] as number) * pagesPerSequence, length)
      for (let h = 0; h < heads; h++) {
        const place = (row * heads + h) * headWidth
        const key = Math.floor(h / group) * headWidth
        const sum = weigh(place, key, length)
        mix(keyValueHeads * headWidth + key, place, length, sum)
      }
    }
  }
}
