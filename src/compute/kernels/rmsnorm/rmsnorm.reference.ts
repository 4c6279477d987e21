import type { Views } from '../../backend.ts'
import { NO_SLOT, rowStart, TARGET_ROW, TARGET_SLOT } from '../rows.ts'

export interface RmsnormShape {
  readonly hidden: number
  /** Floats from one row to the next, of input and output. A multiple of 4; what lies past `hidden` is zero. */
  readonly stride: number
  readonly epsilon: number
  /** `row`: output row = input row. `slot`: `rows` holds targets, each gets its row in its slot, if it has one. */
  readonly to: 'row' | 'slot'
  /** Invocations per row. */
  readonly lanes: number
  /** Invocations of a workgroup, each with a row of its own, where there is one per row. */
  readonly serialLanes: number
}

export const RMSNORM_BINDINGS = {
  rows: ['u32', 'read'],
  input: ['f32', 'read'],
  gain: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function rmsnormReference(shape: RmsnormShape, views: Views<typeof RMSNORM_BINDINGS>): () => void {
  const { hidden, stride, epsilon, to } = shape
  const { rows, input, gain, output } = views
  return () => {
    const count = rows[0] as number
    for (let item = 0; item < count; item++) {
      const row = to === 'slot' ? (rows[rowStart(item) + TARGET_ROW] as number) : item
      const outRow = to === 'slot' ? (rows[rowStart(item) + TARGET_SLOT] as number) : item
      if (outRow === NO_SLOT) continue
      const from = row * stride
      let sum = 0
      for (let h = 0; h < hidden; h++) {
        const x = input[from + h] as number
        sum += x * x
      }
      const scale = 1 / Math.sqrt(sum / hidden + epsilon)
      const place = outRow * stride
      for (let h = 0; h < hidden; h++) output[place + h] = (input[from + h] as number) * scale * (gain[h] as number)
    }
  }
}
