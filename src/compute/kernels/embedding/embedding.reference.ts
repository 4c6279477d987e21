import type { Views } from '../../backend.ts'
import { ROW_TOKEN, rowStart } from '../rows.ts'
import { quadReader } from '../weight-format.reference.ts'
import type { WeightFormat } from '../weight-format.ts'
import { columnsTogether } from '../weight-format.ts'

export interface EmbeddingShape {
  /** Hidden size rounded up to a multiple of 4. */
  readonly hidden: number
  /** Floats from one row of the output to the next. */
  readonly outputStride: number
  /** Token ids of this part of the table: first … end − 1. Other rows are left alone. */
  readonly first: number
  readonly end: number
  /** Columns of this part of the table, a multiple of 8. */
  readonly columns: number
  /** Columns that lie together, see `WeightShape`; all of them where it is not said. WebGPU reads no panels. */
  readonly panelColumns?: number | undefined
  /** How the table lies. */
  readonly format: WeightFormat
  readonly lanes: number
}

export const EMBEDDING_BINDINGS = {
  rows: ['u32', 'read'],
  /** Words of the format, see `weightLayout`. */
  table: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function embeddingReference(shape: EmbeddingShape, views: Views<typeof EMBEDDING_BINDINGS>): () => void {
  const { hidden, outputStride, first, end, columns, panelColumns, format } = shape
  const { rows, table, output } = views
  const readQuad = format === 'f32' ? null : quadReader(format, { inner: hidden, columns, panelColumns }, table)
  const together = columnsTogether({ inner: hidden, columns, panelColumns })
  const unpacked = new Float32Array(readQuad === null ? 0 : 4 * hidden)
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const token = rows[rowStart(row) + ROW_TOKEN] as number
      if (token < first || token >= end) continue
      const to = row * outputStride
      const column = token - first
      readQuad?.(column - (column % 4), unpacked)
      const panel = Math.floor(column / together)
      const place = panel * hidden * together + (column - panel * together)
      const [values, start, stride] = readQuad === null ? [table, place, together] : [unpacked, column % 4, 4]
      for (let h = 0; h < hidden; h++) output[to + h] = values[start + h * stride] as number
    }
  }
}
