import type { Views } from '../../backend.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export const SWIGLU_BINDINGS = {
  rows: ['u32', 'read'],
  /** Gates and values. */
  input: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function swigluReference({ columns }: SwigluShape, views: Views<typeof SWIGLU_BINDINGS>): () => void {
  const { rows, input, output } = views
  return () => {
    const end = ((rows[0] as number) * columns) / 2
    for (let i = 0; i < end; i++) {
      const at = 2 * i - (i % 4)
      const gate = input[at] as number
      output[i] = (gate / (1 + Math.exp(-gate))) * (input[at + 4] as number)
    }
  }
}
