import type { Views } from '../../backend.ts'
import { ROW_POSITION, rowStart } from '../rows.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'
import { headScale } from './rotary-dense.reference.ts'

export const ROTARY_DENSE_BACKWARD_BINDINGS = {
  rows: ['u32', 'read'],
  /** The input of the forward kernel; read where there is a norm. */
  input: ['f32', 'read'],
  angles: ['f32', 'read'],
  gains: ['f32', 'read'],
  /** Of the forward kernel's output. With a norm its query and key heads become their parts of the gains' gradient. */
  gradient: ['f32', 'read_write'],
  output: ['f32', 'read_write'],
} as const

export function rotaryDenseBackwardReference(
  shape: RotaryDenseShape,
  views: Views<typeof ROTARY_DENSE_BACKWARD_BINDINGS>,
): () => void {
  const { heads, keyValueHeads, headDim, headWidth, stride, norm } = shape
  const { rows, input, angles, gains, gradient, output } = views
  const half = headDim / 2
  const straight = new Float64Array(headDim)

  /** Through the norm: y = x · scale · gain. */
  function throughNorm(at: number, gain: number, epsilon: number): void {
    const scale = headScale(input, at, headDim, epsilon)
    let along = 0
    for (let d = 0; d < headDim; d++) {
      const dy = straight[d] as number
      const x = input[at + d] as number
      gradient[at + d] = dy * x * scale
      straight[d] = dy * (gains[gain + d] as number)
      along += (straight[d] as number) * x
    }
    const pull = (along * scale * scale) / headDim
    for (let d = 0; d < headDim; d++) {
      straight[d] = scale * ((straight[d] as number) - pull * (input[at + d] as number))
    }
  }

  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const angle = (rows[rowStart(row) + ROW_POSITION] as number) * headDim
      output.fill(0, row * stride, (row + 1) * stride)
      for (let head = 0; head < heads + keyValueHeads; head++) {
        const at = row * stride + head * headWidth
        for (let d = 0; d < half; d++) {
          const first = gradient[at + d] as number
          const second = gradient[at + d + half] as number
          const cosine = angles[angle + 2 * d] as number
          const sine = angles[angle + 2 * d + 1] as number
          straight[d] = first * cosine + second * sine
          straight[d + half] = second * cosine - first * sine
        }
        if (norm !== null) throughNorm(at, head < heads ? 0 : headDim, norm.epsilon)
        output.set(straight, at)
      }
      for (let head = heads + keyValueHeads; head < heads + 2 * keyValueHeads; head++) {
        const at = row * stride + head * headWidth
        output.set(gradient.subarray(at, at + headDim), at)
      }
    }
  }
}
