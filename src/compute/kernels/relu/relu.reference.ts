import type { Views } from '../../backend.ts'

export interface ReluShape {
  /** Numbers from one row to the next, a multiple of 4: all of them. */
  readonly stride: number
  readonly lanes: number
}

export const RELU_BINDINGS = {
  rows: ['u32', 'read'],
  values: ['f32', 'read_write'],
} as const

export function reluReference({ stride }: ReluShape, { rows, values }: Views<typeof RELU_BINDINGS>): () => void {
  return () => {
    const end = (rows[0] as number) * stride
    // Not max(): NaN stays what it is.
    for (let i = 0; i < end; i++) if ((values[i] as number) < 0) values[i] = 0
  }
}
