import type { PoolShape } from '../page-pool.ts'
import { PAGE_POSITIONS } from '../rows.ts'

export interface AttentionShape extends PoolShape {
  readonly heads: number
  /** The true head dimension: scores are scaled by its inverse root. */
  readonly headDim: number
  /** A row sees itself and the `window` − 1 positions before it; null: all before it. */
  readonly window: number | null
  /** Invocations per row and head, or per page and key-value head; 1 does without workgroup memory. */
  readonly lanes: number
  /** Invocations of a workgroup that share nothing, where `lanes` is 1. */
  readonly serialLanes: number
}

/**
 * What a page contributes to one row and head: its values weighed, Σ e^(s − m) · v [headWidth], then the largest score m
 * and Σ e^(s − m) with two words of padding, then sixteen words where scores and weights wait meanwhile. Partials lie
 * [place, head]; the places of a sequence's pages follow each other.
 */
export function partialStride({ headWidth }: Pick<AttentionShape, 'headWidth'>): number {
  return headWidth + 4 + PAGE_POSITIONS
}

/** Floats from the start of a partial to its (m, Σ e^(s − m)). */
export function partialNumbers({ headWidth }: Pick<AttentionShape, 'headWidth'>): number {
  return headWidth
}

/** No row: a sequence that leads none in the current step. */
export const NO_ROW = 0xffffffff

/** Less than any score, and still a number: e to it is zero. */
export const LEAST_SCORE = -3.0e38

/** The first position that a row at `position` sees. */
export function firstSeen({ window }: Pick<AttentionShape, 'window'>, position: number): number {
  return window === null ? 0 : Math.max(0, position + 1 - window)
}
