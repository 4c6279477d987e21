import { positionStride } from '../page-pool.ts'
import type { AttentionShape } from './attention-shape.ts'
import { partialNumbers, partialStride } from './attention-shape.ts'

/** Sizes in quads of four floats, as WGSL counts them. */
export function quadSizes(shape: AttentionShape) {
  return {
    /** One head. */
    quads: shape.headWidth / 4,
    /** From one position of a page to the next, and from a key to its value. */
    stride: positionStride(shape) / 4,
    valueOffset: (shape.keyValueHeads * shape.headWidth) / 4,
    /** From one partial to the next, and from its start to its numbers and to its scores, then weights. */
    partial: partialStride(shape) / 4,
    numbers: partialNumbers(shape) / 4,
    scores: partialNumbers(shape) / 4 + 1,
    /** Query heads of one key-value head. */
    group: shape.heads / shape.keyValueHeads,
    scale: 1 / Math.sqrt(shape.headDim),
  }
}

/**
 * The arithmetic of a partial and of their merge. A score is `across` of the products, quad after quad by fma from zero; a
 * page's weights are e^(score − page's largest), summed by `across` four at a time; values are added by fma in the order
 * of the positions. Positions that a row does not see have weight zero and are added too, as (zero × what it does see).
 */
export const PARTIAL_WGSL = `
fn across(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn highest(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
/** What the sum so far and the page's partial are scaled by, from their largest scores. */
fn merge_factors(most: f32, page: f32) -> vec2f { return exp(vec2f(most, page) - vec2f(max(most, page))); }
`
