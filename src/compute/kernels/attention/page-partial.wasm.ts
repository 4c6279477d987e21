import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { Writer } from '../attention-parts.wasm.ts'
import { dotFour, highest, mix, scoresToWeights, within, word } from '../attention-parts.wasm.ts'
import { positionStride } from '../page-pool.ts'
import { PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { LEAST_SCORE, partialNumbers, partialStride } from './attention-shape.ts'

/** Sizes in bytes. */
export function byteSizes(shape: AttentionShape) {
  const { headWidth, keyValueHeads } = shape
  return {
    head: 4 * headWidth,
    quads: headWidth / 4,
    position: 4 * positionStride(shape),
    page: 4 * PAGE_POSITIONS * positionStride(shape),
    /** From a key to its value. */
    value: 4 * keyValueHeads * headWidth,
    partial: 4 * partialStride(shape),
    /** From the start of a partial to its (m, Σ e^(s − m)). */
    numbers: 4 * partialNumbers(shape),
  }
}

/** A page as one row and head sees it. */
export interface SeenPage {
  /** Where the head of the query and the head of the page's first key lie. */
  readonly query: Value<'i32'>
  readonly keys: Value<'i32'>
  /** The positions that are seen; all where they are not given. */
  readonly seen?: { readonly from: Value<'i32'> | null; readonly before: Value<'i32'> }
  /** Room for sixteen scores, then weights. */
  readonly scores: Value<'i32'>
}

/** A largest score and Σ e^(score − largest), in all lanes. */
export interface PageNumbers {
  readonly most: Local<'v128'>
  readonly weight: Local<'v128'>
}

/**
 * The scores of a page, then their weights. Both kernels go through this and `mixPage`, so a row gets the same bits from
 * either: four positions at a time from position 0, quads of a head in their order.
 */
export function weighPage(writer: Writer, shape: AttentionShape, { query, keys, seen, scores }: SeenPage): PageNumbers {
  const { f } = writer
  const { quads, position } = byteSizes(shape)
  const from = seen?.from ?? null
  const start = f.local('i32', from === null ? 0 : i32.and(from, -4))
  const before = seen?.before ?? PAGE_POSITIONS
  const key = f.local('i32', i32.add(keys, i32.mul(start, position)))
  const most = f.local('v128', f32x4.const(LEAST_SCORE))
  f.for(
    start,
    before,
    (p) => {
      const dots = dotFour(
        writer,
        quads,
        (i) => v128.load(query, 16 * i),
        (lane, i) => v128.load(key, lane * position + 16 * i),
      )
      const scaled = f.local('v128', f32x4.mul(dots, f32x4.const(1 / Math.sqrt(shape.headDim))))
      if (seen !== undefined) {
        f.set(scaled, v128.bitselect(scaled, f32x4.const(LEAST_SCORE), within(f, p, from, seen.before)))
      }
      f.store('v128', word(scores, p), scaled)
      f.set(most, f32x4.pmax(most, scaled))
      f.increase(key, 4 * position)
    },
    4,
  )
  f.set(most, highest(f, most))
  const places = { from: word(scores, start), to: word(scores, before) }
  return { most, weight: f.local('v128', scoresToWeights(writer, places, most)) }
}

/** Σ weight · value over what is seen of the page, in the order of the positions. @param finish has quad `i` of it */
export function mixPage(
  writer: Writer,
  shape: AttentionShape,
  { keys, seen, scores }: SeenPage,
  finish: (i: number, mixed: Value<'v128'>) => void,
): void {
  const { quads, position, value } = byteSizes(shape)
  const first = seen?.from ?? i32.const(0)
  mix(writer, {
    quads,
    weights: { from: word(scores, first), to: word(scores, seen?.before ?? PAGE_POSITIONS) },
    vectors: i32.add(i32.add(keys, value), i32.mul(first, position)),
    stride: position,
    finish,
  })
}
