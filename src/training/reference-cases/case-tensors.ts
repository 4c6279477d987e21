import type { SequenceValues } from '../../objectives/sequence.ts'
import type { RecordedCase, RecordedTensor } from '../recorded-case.ts'

export function copyOf(recorded: RecordedCase, name: string) {
  const { shape, data } = recorded.tensor(name)
  return { shape, data: new Float32Array(data) }
}

export function stack(rows: readonly Float32Array[]): RecordedTensor {
  const width = rows[0]?.length ?? 0
  const data = new Float32Array(rows.length * width)
  rows.forEach((row, index) => {
    data.set(row, index * width)
  })
  return { shape: [rows.length, width], data }
}

export function vector(values: ArrayLike<number>): RecordedTensor {
  return { shape: [values.length], data: Float32Array.from(values) }
}

export function total(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

export function at<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw new RangeError(`${index} of ${values.length}`)
  return value
}

export function logprobsOf([values]: readonly SequenceValues[]): Float32Array {
  return Float32Array.from(values?.logprobs ?? [])
}
