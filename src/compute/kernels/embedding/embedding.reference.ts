import type { Views } from '../../backend.ts'
import { ROW_TOKEN, rowStart } from '../rows.ts'

export interface EmbeddingShape {
  /** Hidden size rounded up to a multiple of 4. */
  readonly hidden: number
  /** Floats from one row of the output to the next. */
  readonly outputStride: number
  /** Token ids of this part of the table: first … end − 1. Other rows are left alone. */
  readonly first: number
  readonly end: number
  /** Floats from one row of the table to the next. */
  readonly tableStride: number
  readonly lanes: number
}

export const EMBEDDING_BINDINGS = {
  rows: ['u32', 'read'],
  table: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function embeddingReference(shape: EmbeddingShape, views: Views<typeof EMBEDDING_BINDINGS>): () => void {
  const { hidden, outputStride, first, end, tableStride } = shape
  const { rows, table, output } = views
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const token = rows[rowStart(row) + ROW_TOKEN] as number
      if (token < first || token >= end) continue
      const to = row * outputStride
      let from = token - first
      for (let h = 0; h < hidden; h++) {
        output[to + h] = table[from] as number
        from += tableStride
      }
    }
  }
}
