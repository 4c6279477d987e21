import type { TrainingSequence } from '../../objectives/sequence.ts'
import type { RecordedCase, RecordedTensor } from '../recorded-case.ts'
import { at } from './case-tensors.ts'

/** Real tokens of each row. */
export function tokenRows(recorded: RecordedCase): { readonly id: string; readonly tokenIds: Uint32Array }[] {
  const masks = recorded.rows('attention_mask')
  return recorded.rows('input_ids').map((ids, row) => ({
    id: `row ${row}`,
    tokenIds: Uint32Array.from(ids.subarray(0, at(masks, row).filter((real) => real === 1).length)),
  }))
}

export function completionItems(
  recorded: RecordedCase,
): { readonly id: string; readonly sequence: TrainingSequence }[] {
  const masks = recorded.rows('completion_mask')
  return tokenRows(recorded).map(({ id, tokenIds }, row) => {
    const readouts = completionTokens(at(masks, row), tokenIds.length)
    const targets = readouts.map((token) => tokenIds[token + 1] as number)
    return { id, sequence: { tokenIds, readouts: Uint32Array.from(readouts), targets: Uint32Array.from(targets) } }
  })
}

/** Entries t that predict a completion token t + 1. */
function completionTokens(mask: Float32Array, length: number): number[] {
  return Array.from({ length: length - 1 }, (_, token) => token).filter((token) => mask[token + 1] === 1)
}

export function lastTokens(recorded: RecordedCase): { readonly id: string; readonly sequence: TrainingSequence }[] {
  return tokenRows(recorded).map(({ id, tokenIds }) => ({
    id,
    sequence: { tokenIds, readouts: Uint32Array.of(tokenIds.length - 1), targets: new Uint32Array() },
  }))
}

export function pairs(recorded: RecordedCase): readonly (readonly [number, number])[] {
  const value = recorded.value('pairs')
  return Array.isArray(value) ? value.map(([chosen, rejected]) => [Number(chosen), Number(rejected)] as const) : []
}

/** Of a [batch, time − 1] tensor the completions' entries. */
export function gather(recorded: RecordedCase, name: string): Float32Array[] {
  const items = completionItems(recorded)
  return recorded
    .rows(name)
    .map((row, index) => Float32Array.from(at(items, index).sequence.readouts, (t) => row[t] ?? 0))
}

/** The completions' entries as a [batch, time − 1] tensor; `elsewhere` (or zeros) between. */
export function spread(
  recorded: RecordedCase,
  values: readonly ArrayLike<number>[],
  elsewhere?: Float32Array,
): RecordedTensor {
  const [batch = 1, time = 1] = recorded.tensor('input_ids').shape
  const data = elsewhere === undefined ? new Float32Array(batch * (time - 1)) : elsewhere.slice()
  completionItems(recorded).forEach(({ sequence }, row) => {
    sequence.readouts.forEach((token, index) => {
      data[row * (time - 1) + token] = values[row]?.[index] ?? Number.NaN
    })
  })
  return { shape: [batch, time - 1], data }
}
