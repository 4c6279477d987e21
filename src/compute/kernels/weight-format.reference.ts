import { halfTable } from '../../core/half.ts'
import type { WeightFormat, WeightShape } from './weight-format.ts'
import { columnsTogether, GROUP_ROWS, groupStart, weightLayout } from './weight-format.ts'

/** Four neighbouring columns of a matrix as f32, [inner, 4]: enough for many rows of input. */
export type ReadQuad = (column: number, into: Float32Array) => void

/**
 * The meaning of the compressed formats. Weights are unpacked by columns, so that a product of several rows pays for it
 * once.
 */
export function quadReader(format: Exclude<WeightFormat, 'f32'>, shape: WeightShape, weights: Float32Array): ReadQuad {
  const { inner } = shape
  const columns = columnsTogether(shape)
  if (columns !== shape.columns) {
    const { words } = weightLayout(format, inner, columns)
    const panels = Array.from({ length: shape.columns / columns }, (_, panel) =>
      quadReader(format, { inner, columns }, weights.subarray(panel * words, (panel + 1) * words)),
    )
    return (column, into) => {
      const panel = Math.floor(column / columns)
      panels[panel]?.(column - panel * columns, into)
    }
  }
  const layout = weightLayout(format, inner, columns)
  const { rowWords, rangeWords } = layout
  const words = new Uint32Array(weights.buffer, weights.byteOffset, weights.length)
  const halves = new Uint16Array(weights.buffer, weights.byteOffset, 2 * weights.length)
  const bytes = new Int8Array(weights.buffer, weights.byteOffset, 4 * weights.length)
  const widened = halfTable()

  if (format === 'f16') {
    return (column, into) => {
      for (let k = 0, at = column, to = 0; k < inner; k++, at += columns - 4) {
        for (let c = 0; c < 4; c++) into[to++] = widened[halves[at++] as number] as number
      }
    }
  }

  const groups = Math.ceil(inner / GROUP_ROWS)
  const rowsOf = (group: number) => Math.min(GROUP_ROWS, inner - group * GROUP_ROWS)
  if (format === 'int8') {
    return (column, into) => {
      for (let group = 0; group < groups; group++) {
        const start = groupStart(layout, group)
        for (let c = 0; c < 4; c++) {
          const step = Math.fround((widened[halves[2 * start + column + c] as number] as number) * INT8_STEP)
          let from = 4 * (start + rangeWords) + column + c
          let to = 4 * group * GROUP_ROWS + c
          for (let k = rowsOf(group); k > 0; k--, from += 4 * rowWords, to += 4)
            into[to] = (bytes[from] as number) * step
        }
      }
    }
  }

  return (column, into) => {
    const shift = 4 * (column % 8)
    for (let group = 0; group < groups; group++) {
      const start = groupStart(layout, group)
      for (let c = 0; c < 4; c++) {
        const range = 2 * (start + column + c)
        const low = widened[halves[range] as number] as number
        const step = Math.fround(Math.fround((widened[halves[range + 1] as number] as number) - low) * INT4_STEP)
        let from = start + rangeWords + (column >> 3)
        let to = 4 * group * GROUP_ROWS + c
        for (let k = rowsOf(group); k > 0; k--, from += rowWords, to += 4) {
          into[to] = low + (((words[from] as number) >>> (shift + 4 * c)) & 15) * step
        }
      }
    }
  }
}

/** A step as a share of the range, in f32: kernels multiply where they could divide, which drivers round differently. */
export const INT8_STEP = Math.fround(1 / 127)
export const INT4_STEP = Math.fround(1 / 15)
