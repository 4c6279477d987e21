import type { Views } from '../../backend.ts'
import { pageStride } from '../page-pool.ts'
import { PAGE_POSITIONS, ROW_POSITION, ROW_TABLE, rowStart } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { firstSeen, LEAST_SCORE, partialNumbers, partialStride } from './attention-shape.ts'
import { pagePartial } from './page-partial.reference.ts'

export const ATTENTION_BINDINGS = {
  rows: ['u32', 'read'],
  pageTables: ['u32', 'read'],
  /** Per page table: its leading pages that have partials, and the place of the first of these. */
  coverage: ['u32', 'read'],
  layer: ['u32', 'read'],
  queries: ['f32', 'read'],
  pool: ['f32', 'read'],
  partials: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function attentionReference(shape: AttentionShape, views: Views<typeof ATTENTION_BINDINGS>): () => void {
  const { heads, keyValueHeads, headWidth, pagesPerSequence } = shape
  const { rows, pageTables, coverage, layer, queries, pool, partials, output } = views
  const group = heads / keyValueHeads
  const stride = partialStride(shape)
  const numbers = partialNumbers(shape)
  const own = new Float32Array(stride)
  const sums = new Float64Array(headWidth)
  const partial = pagePartial(shape)
  let most = 0
  let weight = 0

  function merge(from: Float32Array, at: number): void {
    const other = from[at + numbers] as number
    const now = Math.max(most, other)
    const shrink = Math.exp(most - now)
    const grow = Math.exp(other - now)
    most = now
    weight = weight * shrink + (from[at + numbers + 1] as number) * grow
    for (let d = 0; d < headWidth; d++) sums[d] = (sums[d] as number) * shrink + (from[at + d] as number) * grow
  }

  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const visible = (rows[rowStart(row) + ROW_POSITION] as number) + 1
      const first = firstSeen(shape, visible - 1)
      const table = rows[rowStart(row) + ROW_TABLE] as number
      const covered = coverage[2 * table] as number
      const place = coverage[2 * table + 1] as number
      for (let h = 0; h < heads; h++) {
        const to = (row * heads + h) * headWidth
        most = LEAST_SCORE
        weight = 0
        sums.fill(0)
        for (let page = Math.floor(first / PAGE_POSITIONS); page * PAGE_POSITIONS < visible; page++) {
          const unseen = Math.max(0, first - page * PAGE_POSITIONS)
          // A partial is of a whole page: one that the window cuts is read again.
          if (page < covered && unseen === 0) {
            merge(partials, ((place + page) * heads + h) * stride)
            continue
          }
          const at = (layer[0] as number) + (pageTables[table * pagesPerSequence + page] as number)
          const positions = Math.min(PAGE_POSITIONS, visible - page * PAGE_POSITIONS)
          partial(queries, to, pool, at * pageStride(shape), Math.floor(h / group), unseen, positions, own, 0)
          merge(own, 0)
        }
        for (let d = 0; d < headWidth; d++) output[to + d] = (sums[d] as number) / weight
      }
    }
  }
}
