import type { Views } from '../../backend.ts'
import { ROW_POSITION, rowStart } from '../rows.ts'

export interface RotaryDenseShape {
  readonly heads: number
  readonly keyValueHeads: number
  /** Even; halves of a head are turned against each other. */
  readonly headDim: number
  /** headDim rounded up to a multiple of 4. */
  readonly headWidth: number
  /** Floats from one row to the next, of input and output: at least all heads' widths; a multiple of 4. */
  readonly stride: number
  /** Whether query and key heads are normed before they are turned (Qwen3), and the ε of it. */
  readonly norm: { readonly epsilon: number } | null
  /** Invocations of a workgroup, side by side over rows. */
  readonly lanes: number
}

export const ROTARY_DENSE_BINDINGS = {
  rows: ['u32', 'read'],
  /** Per row: query heads, key heads, value heads, `headWidth` floats each. */
  input: ['f32', 'read'],
  /** Per position: (cosine, sine) of each of the headDim / 2 angles. */
  angles: ['f32', 'read'],
  /** Gains of the query norm, then of the key norm. */
  gains: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function rotaryDenseReference(shape: RotaryDenseShape, views: Views<typeof ROTARY_DENSE_BINDINGS>): () => void {
  const { heads, keyValueHeads, headDim, headWidth, stride, norm } = shape
  const { rows, input, angles, gains, output } = views
  const half = headDim / 2
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const angle = (rows[rowStart(row) + ROW_POSITION] as number) * headDim
      output.fill(0, row * stride, (row + 1) * stride)
      for (let head = 0; head < heads + keyValueHeads; head++) {
        const at = row * stride + head * headWidth
        const gain = head < heads ? 0 : headDim
        const scale = norm === null ? 1 : headScale(input, at, headDim, norm.epsilon)
        for (let d = 0; d < half; d++) {
          const by = norm === null ? 1 : scale * (gains[gain + d] as number)
          const byOther = norm === null ? 1 : scale * (gains[gain + d + half] as number)
          const first = (input[at + d] as number) * by
          const second = (input[at + d + half] as number) * byOther
          const cosine = angles[angle + 2 * d] as number
          const sine = angles[angle + 2 * d + 1] as number
          output[at + d] = first * cosine - second * sine
          output[at + d + half] = second * cosine + first * sine
        }
      }
      for (let head = heads + keyValueHeads; head < heads + 2 * keyValueHeads; head++) {
        const at = row * stride + head * headWidth
        output.set(input.subarray(at, at + headDim), at)
      }
    }
  }
}

/** 1 / √(mean x² + ε) of a head. */
export function headScale(x: Float32Array, at: number, headDim: number, epsilon: number): number {
  let sum = 0
  for (let d = 0; d < headDim; d++) sum += (x[at + d] as number) ** 2
  return 1 / Math.sqrt(sum / headDim + epsilon)
}
