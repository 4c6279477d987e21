import type { Views } from '../../backend.ts'

export interface FillShape {
  readonly value: number
  readonly lanes: number
}

export const FILL_BINDINGS = {
  /** (count of quads, 0, 0, 0). */
  rows: ['u32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function fillReference({ value }: FillShape, { rows, output }: Views<typeof FILL_BINDINGS>): () => void {
  return () => {
    output.fill(value, 0, 4 * (rows[0] as number))
  }
}
