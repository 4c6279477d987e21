import { narrowHalf, widenHalf } from '../../core/half.ts'
import type { WeightFormat } from '../kernels/weight-format.ts'
import { GROUP_ROWS, weightLayout } from '../kernels/weight-format.ts'
import { weightWriter } from '../kernels/weight-packing.ts'
import { someFloats } from './run-kernel.ts'

const half = (value: number) => widenHalf(narrowHalf(value))

/** The nearest value to a weight that its group can hold: the formats' definition, apart from how they lie. */
function nearest(format: WeightFormat, weight: number, group: readonly number[]): number {
  if (format === 'f32') return weight
  if (format === 'f16') return half(weight)
  if (format === 'int8') {
    const step = half(Math.max(...group.map(Math.abs))) / 127
    return step === 0 ? 0 : Math.min(127, Math.max(-127, Math.round(weight / step))) * step
  }
  const low = half(Math.min(...group))
  const step = (half(Math.max(...group)) - low) / 15
  return step === 0 ? low : low + Math.min(15, Math.max(0, Math.round((weight - low) / step))) * step
}

/** Repeatable weights [inner, columns] as they lie in a format, as kernels are to read them, and as they were. */
export function packed(
  format: WeightFormat,
  inner: number,
  columns: number,
  seed: number,
  size = 1,
): { readonly words: Float32Array; readonly values: Float32Array; readonly exact: Float32Array } {
  const exact = someFloats(inner * columns, seed, size)
  const values = new Float32Array(exact.length)
  const words = new Uint32Array(weightLayout(format, inner, columns).words)
  const write = weightWriter(format, { inner, columns }, words)
  for (let column = 0; column < columns; column++) {
    for (let first = 0; first < inner; first += GROUP_ROWS) {
      const group = Array.from({ length: Math.min(GROUP_ROWS, inner - first) }, (_, i) => {
        return exact[(first + i) * columns + column] as number
      })
      write(column, first / GROUP_ROWS, Float32Array.from(group))
      group.forEach((weight, i) => {
        values[(first + i) * columns + column] = nearest(format, weight, group)
      })
    }
  }
  return { words: new Float32Array(words.buffer), values, exact }
}
