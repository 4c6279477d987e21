import type { Views } from '../../backend.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'

export type HeadGainGradientShape = Omit<RotaryDenseShape, 'norm'>

export const HEAD_GAIN_GRADIENT_BINDINGS = {
  rows: ['u32', 'read'],
  /** What rotary-dense-backward leaves of the gradient it was given [rows, stride]. */
  contributions: ['f32', 'read'],
  /** Gradient of the query gains [headDim], then of the key gains [headDim]; added to. */
  output: ['f32', 'read_write'],
} as const

export function headGainGradientReference(
  shape: HeadGainGradientShape,
  views: Views<typeof HEAD_GAIN_GRADIENT_BINDINGS>,
): () => void {
  const { heads, keyValueHeads, headDim, headWidth, stride } = shape
  const { rows, contributions, output } = views
  const sums = new Float64Array(2 * headDim)
  return () => {
    const count = rows[0] as number
    sums.fill(0)
    for (let row = 0; row < count; row++) {
      for (let head = 0; head < heads + keyValueHeads; head++) {
        const from = row * stride + head * headWidth
        const to = head < heads ? 0 : headDim
        for (let d = 0; d < headDim; d++) {
          sums[to + d] = (sums[to + d] as number) + (contributions[from + d] as number)
        }
      }
    }
    for (let i = 0; i < sums.length; i++) output[i] = (output[i] as number) + (sums[i] as number)
  }
}
