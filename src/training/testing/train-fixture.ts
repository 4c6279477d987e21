import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { readJson } from '../../engine/checkpoint/checkpoint-text.ts'
import { readSafetensorsHeader, readTensor } from '../../engine/checkpoint/safetensors.ts'

/** Models whose training PyTorch has recorded, in tests/fixtures. */
export const TRAIN_FIXTURES = ['train', 'train-qwen2', 'train-qwen3'] as const

export type TrainFixture = (typeof TRAIN_FIXTURES)[number]

/** One objective's inputs and results as PyTorch computed them. */
export interface RecordedObjective {
  readonly figures: Readonly<Record<string, unknown>>
  /** A figure that must be there. */
  figure(name: string): number
  /** A tensor's values, row-major. */
  tensor(name: string): readonly number[]
  /** A [batch, length] tensor by rows. */
  rows(name: string): readonly (readonly number[])[]
  /** Names of all tensors. */
  readonly names: readonly string[]
}

/** @param folder one of the fixtures */
export async function readRecorded(folder: CheckpointFiles, objective: string): Promise<RecordedObjective> {
  const file = `${objective}.safetensors`
  const figures = (await readJson(folder, `${objective}.json`)) as Record<string, unknown>
  const entries = await readSafetensorsHeader(folder, file)
  const tensors = new Map<string, { readonly width: number; readonly values: readonly number[] }>()
  for (const entry of entries) {
    const width = entry.shape.at(-1) ?? 1
    if (entry.dtype === 'I32') {
      const bytes = await folder.read(file, entry.start, entry.end)
      tensors.set(entry.name, { width, values: Array.from(new Int32Array(bytes.slice().buffer)) })
    } else {
      tensors.set(entry.name, { width, values: Array.from(await readTensor(folder, entry)) })
    }
  }
  const find = (name: string) => {
    const found = tensors.get(name)
    if (!found) throw new RangeError(`${folder.name}/${objective} has no tensor ${name}`)
    return found
  }
  return {
    figures,
    figure: (name) => {
      const value = figures[name]
      if (typeof value !== 'number') throw new RangeError(`${folder.name}/${objective} has no figure ${name}`)
      return value
    },
    tensor: (name) => find(name).values,
    rows: (name) => {
      const { width, values } = find(name)
      return Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width))
    },
    names: [...tensors.keys()],
  }
}

/** Of values that belong to the predicted token (entry t to token t + 1) those of a row's completion. */
export function ofCompletion(values: readonly number[], completionMask: readonly number[]): number[] {
  return values.filter((_, t) => completionMask[t + 1] === 1)
}
