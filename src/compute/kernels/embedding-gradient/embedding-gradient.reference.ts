import type { Views } from '../../backend.ts'
import { rowStart } from '../rows.ts'

export interface EmbeddingGradientShape {
  /** Hidden size rounded up to a multiple of 4. */
  readonly hidden: number
  /** Floats from one row of the gradient to the next. */
  readonly stride: number
  /** Token ids of this part of the table: first … end − 1. Other segments are left alone. */
  readonly first: number
  readonly end: number
  /** Columns of this part of the table. */
  readonly columns: number
  readonly lanes: number
}

export const EMBEDDING_GRADIENT_BINDINGS = {
  /** Segments: (count, 0, 0, 0), then (token, start, end, 0) for each; no token has two. */
  rows: ['u32', 'read'],
  /** Row numbers; those of one token stand at its segment's start … end − 1. */
  order: ['u32', 'read'],
  /** Of the hidden states, [rows, stride]. */
  gradient: ['f32', 'read'],
  /** Of this part of the table, [hidden, columns]. */
  output: ['f32', 'read_write'],
} as const

export function embeddingGradientReference(
  { hidden, stride, first, end, columns }: EmbeddingGradientShape,
  { rows, order, gradient, output }: Views<typeof EMBEDDING_GRADIENT_BINDINGS>,
): () => void {
  return () => {
    const count = rows[0] as number
    for (let segment = 0; segment < count; segment++) {
      const at = rowStart(segment)
      const token = rows[at] as number
      if (token < first || token >= end) continue
      for (let h = 0; h < hidden; h++) {
        let sum = 0
        for (let i = rows[at + 1] as number; i < (rows[at + 2] as number); i++) {
          sum += gradient[(order[i] as number) * stride + h] as number
        }
        const place = h * columns + token - first
        output[place] = (output[place] as number) + sum
      }
    }
  }
}
