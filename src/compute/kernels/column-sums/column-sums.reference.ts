import type { Views } from '../../backend.ts'

export interface ColumnSumsShape {
  /** Columns that are summed, a multiple of 4. */
  readonly columns: number
  /** Floats from one row of the input to the next, and where the columns start in it; multiples of 4. */
  readonly stride: number
  readonly offset: number
  readonly lanes: number
}

export const COLUMN_SUMS_BINDINGS = {
  rows: ['u32', 'read'],
  input: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function columnSumsReference(
  { columns, stride, offset }: ColumnSumsShape,
  { rows, input, output }: Views<typeof COLUMN_SUMS_BINDINGS>,
): () => void {
  const sums = new Float64Array(columns)
  return () => {
    const count = rows[0] as number
    sums.fill(0)
    for (let row = 0; row < count; row++) {
      const from = row * stride + offset
      for (let c = 0; c < columns; c++) sums[c] = (sums[c] as number) + (input[from + c] as number)
    }
    for (let c = 0; c < columns; c++) output[c] = (output[c] as number) + (sums[c] as number)
  }
}
