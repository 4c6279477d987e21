import type { Views } from '../../backend.ts'
import type { PoolShape } from '../page-pool.ts'
import { pageStride, positionStride } from '../page-pool.ts'
import { PAGE_POSITIONS, ROW_POSITION, ROW_TABLE, rowStart, TARGET_ROW, TARGET_TABLE } from '../rows.ts'

export interface RotaryShape extends PoolShape {
  readonly heads: number
  readonly headDim: number
  /** Floats from one row of the input to the next; a multiple of 4. */
  readonly inputStride: number
  /** Whether query and key heads are normed before they are turned (Qwen3), and the ε of it. */
  readonly norm: { readonly epsilon: number } | null
  /** Invocations of a workgroup, side by side over heads. */
  readonly lanes: number
  /** Pairs of one head that one invocation turns. */
  readonly pairs: number
}

export const ROTARY_BINDINGS = {
  rows: ['u32', 'read'],
  targets: ['u32', 'read'],
  pageTables: ['u32', 'read'],
  layer: ['u32', 'read'],
  /** Per row: query heads, key heads, value heads, `headWidth` floats each. */
  input: ['f32', 'read'],
  /** Per position: (cosine, sine) of each of the headDim / 2 angles. */
  angles: ['f32', 'read'],
  /** Gains of the query norm, then of the key norm. */
  gains: ['f32', 'read'],
  queries: ['f32', 'read_write'],
  pool: ['f32', 'read_write'],
} as const

export function rotaryReference(shape: RotaryShape, views: Views<typeof ROTARY_BINDINGS>): () => void {
  const { heads, keyValueHeads, headDim, headWidth, inputStride, norm, pagesPerSequence } = shape
  const { rows, targets, pageTables, layer, input, angles, gains, queries, pool } = views
  const half = headDim / 2
  const queryStride = heads * headWidth

  function turn(from: number, to: number, output: Float32Array, gain: number, angle: number): void {
    let scale = 1
    if (norm !== null) {
      let sum = 0
      for (let d = 0; d < headDim; d++) {
        const x = input[from + d] as number
        sum += x * x
      }
      scale = 1 / Math.sqrt(sum / headDim + norm.epsilon)
    }
    for (let d = 0; d < half; d++) {
      const first = (input[from + d] as number) * (norm === null ? 1 : scale * (gains[gain + d] as number))
      const second =
        (input[from + d + half] as number) * (norm === null ? 1 : scale * (gains[gain + d + half] as number))
      const cosine = angles[angle + 2 * d] as number
      const sine = angles[angle + 2 * d + 1] as number
      output[to + d] = first * cosine - second * sine
      output[to + d + half] = second * cosine + first * sine
    }
  }

  return () => {
    const count = targets[0] as number
    for (let target = 0; target < count; target++) {
      const row = targets[rowStart(target) + TARGET_ROW] as number
      const number = targets[rowStart(target) + TARGET_TABLE] as number
      const position = rows[rowStart(row) + ROW_POSITION] as number
      const table = number * pagesPerSequence
      const page = (layer[0] as number) + (pageTables[table + Math.floor(position / PAGE_POSITIONS)] as number)
      const place = page * pageStride(shape) + (position % PAGE_POSITIONS) * positionStride(shape)
      const angle = position * headDim
      const from = row * inputStride
      if (number === rows[rowStart(row) + ROW_TABLE]) {
        for (let h = 0; h < heads; h++) turn(from + h * headWidth, row * queryStride + h * headWidth, queries, 0, angle)
      }
      for (let h = 0; h < keyValueHeads; h++) {
        turn(from + (heads + h) * headWidth, place + h * headWidth, pool, headDim, angle)
      }
      const values = from + (heads + keyValueHeads) * headWidth
      pool.set(input.subarray(values, values + keyValueHeads * headWidth), place + keyValueHeads * headWidth)
    }
  }
}
