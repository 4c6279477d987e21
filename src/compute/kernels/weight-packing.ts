import { StepscopeError } from '../../core/errors.ts'
import { halfTable, narrowHalf } from '../../core/half.ts'
import type { WeightFormat, WeightLayout, WeightShape } from './weight-format.ts'
import { columnsTogether, GROUP_ROWS, groupStart, weightLayout, weightWords } from './weight-format.ts'

/** Writes rows 32 · group … of a column, as many as there are values (at most 32). */
export type WriteWeights = (column: number, group: number, values: Float32Array) => void

/**
 * A writer of a matrix [inner, columns] into `words`, which hold zeros and as many words as the layout says.
 * int8: round(127 · weight / largest), the largest size of 32 weights as f16. int4: 16 steps from the lowest of 32
 * weights to the highest, both as f16.
 */
export function weightWriter(format: WeightFormat, shape: WeightShape, words: Uint32Array): WriteWeights {
  const needed = weightWords(format, shape)
  if (words.length !== needed) throw new RangeError(`${words.length} words where ${needed} are needed`)
  const columns = columnsTogether(shape)
  const layout = weightLayout(format, shape.inner, columns)
  if (columns === shape.columns) return panelWriter(format, layout, columns, words)
  const panels = Array.from({ length: shape.columns / columns }, (_, panel) =>
    panelWriter(format, layout, columns, words.subarray(panel * layout.words, (panel + 1) * layout.words)),
  )
  return (column, group, values) => {
    const panel = Math.floor(column / columns)
    panels[panel]?.(column - panel * columns, group, values)
  }
}

/** A writer of columns that lie together. */
function panelWriter(format: WeightFormat, layout: WeightLayout, columns: number, words: Uint32Array): WriteWeights {
  const halves = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length)
  const bytes = new Uint8Array(words.buffer, words.byteOffset, 4 * words.length)
  const widened = halfTable()
  const { rowWords, rangeWords } = layout

  if (format === 'f32') {
    const floats = new Float32Array(words.buffer, words.byteOffset, words.length)
    return (column, group, values) => {
      let at = group * GROUP_ROWS * columns + column
      for (let i = 0; i < values.length; i++, at += columns) floats[at] = values[i] as number
    }
  }

  if (format === 'f16') {
    return (column, group, values) => {
      let at = group * GROUP_ROWS * columns + column
      for (let i = 0; i < values.length; i++, at += columns) halves[at] = toHalf(values[i] as number)
    }
  }

  if (format === 'int8') {
    return (column, group, values) => {
      let most = 0
      for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number))
      const start = groupStart(layout, group)
      const half = toHalf(most)
      halves[2 * start + column] = half
      const steps = 127 / (widened[half] as number)
      if (steps === Number.POSITIVE_INFINITY) return
      let at = 4 * (start + rangeWords) + column
      for (let i = 0; i < values.length; i++, at += 4 * rowWords) {
        const step = Math.floor((values[i] as number) * steps + 0.5)
        bytes[at] = step < -127 ? -127 : step > 127 ? 127 : step
      }
    }
  }

  return (column, group, values) => {
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (let i = 0; i < values.length; i++) {
      low = Math.min(low, values[i] as number)
      high = Math.max(high, values[i] as number)
    }
    const start = groupStart(layout, group)
    const range = 2 * (start + column)
    halves[range] = toHalf(low)
    halves[range + 1] = toHalf(high)
    const first = widened[halves[range] as number] as number
    const steps = 15 / ((widened[halves[range + 1] as number] as number) - first)
    if (steps === Number.POSITIVE_INFINITY) return
    const shift = 4 * (column & 1)
    let at = 4 * (start + rangeWords) + (column >> 1)
    for (let i = 0; i < values.length; i++, at += 4 * rowWords) {
      const step = Math.floor(((values[i] as number) - first) * steps + 0.5)
      bytes[at] = (bytes[at] as number) | ((step < 0 ? 0 : step > 15 ? 15 : step) << shift)
    }
  }
}

/** A weight that no half can hold must not become infinite unseen. */
function toHalf(value: number): number {
  const half = narrowHalf(value)
  if ((half & 0x7fff) !== 0x7c00 || !Number.isFinite(value)) return half
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: 'A weight is too large for 16 bits',
    expected: 'at most 65504',
    found: String(value),
    nextStep: 'Load this model with f32 weights.',
  })
}
