import type { Views } from '../../backend.ts'
import { NO_SLOT, ROW_SLOT, rowStart } from '../rows.ts'

export interface GainGradientShape {
  readonly hidden: number
  /** Floats from one row to the next, of input and gradient. A multiple of 4; what lies past `hidden` is zero. */
  readonly stride: number
  /** `row`: row of the gradient = input row. `slot`: it is the row's slot; rows without one have a gradient of zero. */
  readonly from: 'row' | 'slot'
  readonly lanes: number
}

export const GAIN_GRADIENT_BINDINGS = {
  rows: ['u32', 'read'],
  input: ['f32', 'read'],
  /** Of the norm's output. */
  gradient: ['f32', 'read'],
  /** Per row, as rmsnorm-backward leaves them. */
  scales: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function gainGradientReference(
  { hidden, stride, from }: GainGradientShape,
  { rows, input, gradient, scales, output }: Views<typeof GAIN_GRADIENT_BINDINGS>,
): () => void {
  const sums = new Float64Array(hidden)
  return () => {
    const count = rows[0] as number
    sums.fill(0)
    for (let row = 0; row < count; row++) {
      const slot = from === 'slot' ? (rows[rowStart(row) + ROW_SLOT] as number) : row
      if (slot === NO_SLOT) continue
      const scale = scales[row] as number
      for (let h = 0; h < hidden; h++) {
        const term = (gradient[slot * stride + h] as number) * scale * (input[row * stride + h] as number)
        sums[h] = (sums[h] as number) + term
      }
    }
    for (let h = 0; h < hidden; h++) output[h] = (output[h] as number) + (sums[h] as number)
  }
}
