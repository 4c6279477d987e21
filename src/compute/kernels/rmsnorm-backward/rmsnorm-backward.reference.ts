import type { Views } from '../../backend.ts'
import { NO_SLOT, ROW_SLOT, rowStart } from '../rows.ts'

export interface RmsnormBackwardShape {
  readonly hidden: number
  /** Floats from one row to the next, of input, gradient and output. A multiple of 4; what lies past `hidden` is zero. */
  readonly stride: number
  readonly epsilon: number
  /** `row`: row of the gradient = input row. `slot`: it is the row's slot; rows without one have a gradient of zero. */
  readonly from: 'row' | 'slot'
  /** `store`: output = gradient of the input. `add`: output += it (a residual stream). */
  readonly epilogue: 'store' | 'add'
  /** Invocations per row. */
  readonly lanes: number
  /** Invocations of a workgroup, each with a row of its own, where there is one per row. */
  readonly serialLanes: number
}

export const RMSNORM_BACKWARD_BINDINGS = {
  rows: ['u32', 'read'],
  input: ['f32', 'read'],
  gain: ['f32', 'read'],
  /** Of the norm's output. */
  gradient: ['f32', 'read'],
  output: ['f32', 'read_write'],
  /** Per row: 1 / √(mean(input²) + ε), for the gradient of the gain. */
  scales: ['f32', 'read_write'],
} as const

export function rmsnormBackwardReference(
  shape: RmsnormBackwardShape,
  views: Views<typeof RMSNORM_BACKWARD_BINDINGS>,
): () => void {
  const { hidden, stride, epsilon, from, epilogue } = shape
  const { rows, input, gain, gradient, output, scales } = views
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const slot = from === 'slot' ? (rows[rowStart(row) + ROW_SLOT] as number) : row
      const known = slot !== NO_SLOT
      const place = row * stride
      const gradientPlace = known ? slot * stride : 0
      let squares = 0
      let product = 0
      for (let h = 0; h < hidden; h++) {
        const x = input[place + h] as number
        squares += x * x
        if (known) product += x * (gain[h] as number) * (gradient[gradientPlace + h] as number)
      }
      const scale = 1 / Math.sqrt(squares / hidden + epsilon)
      const along = (product * scale) / hidden
      scales[row] = scale
      for (let h = 0; h < hidden; h++) {
        const normed = (input[place + h] as number) * scale
        const direct = known ? (gain[h] as number) * (gradient[gradientPlace + h] as number) : 0
        const value = known ? scale * (direct - normed * along) : 0
        output[place + h] = epilogue === 'add' ? (output[place + h] as number) + value : value
      }
    }
  }
}
