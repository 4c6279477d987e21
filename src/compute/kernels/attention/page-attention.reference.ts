import type { Views } from '../../backend.ts'
import { pageStride } from '../page-pool.ts'
import { PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { NO_ROW, partialStride } from './attention-shape.ts'
import { pagePartial } from './page-partial.reference.ts'

export const PAGE_ATTENTION_BINDINGS = {
  rows: ['u32', 'read'],
  /** The row that each sequence leads in the current step, or `NO_ROW`. */
  sequenceRows: ['u32', 'read'],
  /** (number of items, 0, 0, 0), then per item: page, its first entry of the list, how many it has, 0. */
  items: ['u32', 'read'],
  /** Per entry: sequence, place of the page's partial. */
  list: ['u32', 'read'],
  layer: ['u32', 'read'],
  queries: ['f32', 'read'],
  pool: ['f32', 'read'],
  partials: ['f32', 'read_write'],
} as const

export function pageAttentionReference(
  shape: AttentionShape,
  views: Views<typeof PAGE_ATTENTION_BINDINGS>,
): () => void {
  const { heads, keyValueHeads, headWidth } = shape
  const { sequenceRows, items, list, layer, queries, pool, partials } = views
  const group = heads / keyValueHeads
  const stride = partialStride(shape)
  const partial = pagePartial(shape)

  return () => {
    const count = items[0] as number
    for (let item = 1; item <= count; item++) {
      const page = ((layer[0] as number) + (items[4 * item] as number)) * pageStride(shape)
      const first = items[4 * item + 1] as number
      const entries = items[4 * item + 2] as number
      for (let entry = first; entry < first + entries; entry++) {
        const row = sequenceRows[list[2 * entry] as number] as number
        if (row === NO_ROW) continue
        const place = list[2 * entry + 1] as number
        for (let h = 0; h < heads; h++) {
          const query = (row * heads + h) * headWidth
          partial(
            queries,
            query,
            pool,
            page,
            Math.floor(h / group),
            0,
            PAGE_POSITIONS,
            partials,
            (place * heads + h) * stride,
          )
        }
      }
    }
  }
}
