import type { Views } from '../../backend.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export const SWIGLU_BACKWARD_BINDINGS = {
  rows: ['u32', 'read'],
  /** Gates and values, as the forward pass had them. */
  input: ['f32', 'read'],
  /** Of swiglu's output. */
  gradient: ['f32', 'read'],
  /** Gradients of gates and values, lying as these do. */
  output: ['f32', 'read_write'],
} as const

export function swigluBackwardReference(
  { columns }: SwigluShape,
  { rows, input, gradient, output }: Views<typeof SWIGLU_BACKWARD_BINDINGS>,
): () => void {
  return () => {
    const end = ((rows[0] as number) * columns) / 2
    for (let i = 0; i < end; i++) {
      const at = 2 * i - (i % 4)
      const gate = input[at] as number
      const open = 1 / (1 + Math.exp(-gate))
      const given = gradient[i] as number
      output[at] = given * (input[at + 4] as number) * (open * (1 + gate * (1 - open)))
      output[at + 4] = given * (gate * open)
    }
  }
}
