import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { WeightSource } from '../decoder/decoder.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { describeMissing, firstIssue, hasFile, INDEX_FILE, readJson, WEIGHTS_FILE } from './checkpoint-text.ts'
import type { ElementRange, TensorEntry } from './safetensors.ts'
import { readSafetensorsHeader, readTensor } from './safetensors.ts'

const indexSchema = z.looseObject({
  weight_map: z.record(z.string(), z.string().min(1, 'The name of the file is empty')),
})

/** The tensors of a checkpoint, by name; values are read from the files when asked for. */
export class CheckpointWeights implements WeightSource {
  readonly entries: ReadonlyMap<string, TensorEntry>
  /** Files with tensors, sorted. */
  readonly weightFiles: readonly string[]
  private readonly files: CheckpointFiles

  constructor(files: CheckpointFiles, entries: ReadonlyMap<string, TensorEntry>) {
    this.files = files
    this.entries = entries
    this.weightFiles = [...new Set([...entries.values()].map(({ file }) => file))].sort()
  }

  /** Bytes of all tensors as stored. */
  get bytes(): number {
    return [...this.entries.values()].reduce((sum, { start, end }) => sum + end - start, 0)
  }

  /** Elements of all tensors. */
  get parameters(): number {
    const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1)
    return [...this.entries.values()].reduce((sum, { shape }) => sum + count(shape), 0)
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  shape(name: string): readonly number[] {
    return this.entry(name).shape
  }

  read(name: string, signal?: AbortSignal, range?: ElementRange): Promise<Float32Array> {
    return readTensor(this.files, this.entry(name), signal, range)
  }

  /** An error about a tensor, with the file that the tensor lies in. */
  located(error: unknown): unknown {
    if (!(error instanceof StepscopeError)) return error
    const { place } = error.details
    const file = place?.file === undefined ? this.entries.get(place?.field ?? '')?.file : undefined
    if (file === undefined) return error
    return new StepscopeError({ ...error.details, place: { ...place, file } }, { cause: error })
  }

  /** The tensors of these names alone. */
  only(names: ReadonlySet<string>): CheckpointWeights {
    return new CheckpointWeights(this.files, new Map([...this.entries].filter(([name]) => names.has(name))))
  }

  /** Tensors under other names, in the same files. */
  renamed(rename: (name: string) => string): CheckpointWeights {
    return new CheckpointWeights(this.files, new Map([...this.entries].map(([name, entry]) => [rename(name), entry])))
  }

  private entry(name: string): TensorEntry {
    const entry = this.entries.get(name)
    if (entry) return entry
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The tensor is missing',
      place: { file: this.weightFiles.length > 1 ? INDEX_FILE : (this.weightFiles[0] ?? WEIGHTS_FILE), field: name },
      expected: 'every tensor that config.json asks for',
      found: this.described(name),
      nextStep: 'Check that config.json and the weights belong to the same checkpoint.',
    })
  }

  /** How many tensors there are, and the names most like a missing one: a prefix shows at a glance. */
  private described(missing: string): string {
    const names = [...this.entries.keys()]
    const bare = missing.replace(/^model\./, '')
    const like = names.filter((name) => name.endsWith(bare) || missing.endsWith(`.${name}`))
    const shown = (like.length > 0 ? like : names).slice(0, 3)
    return shown.length === 0 ? 'no tensors' : `${names.length} tensors, such as ${shown.join(', ')}`
  }
}

/**
 * Reads the headers of `model.safetensors`, or of the shards that `model.safetensors.index.json` names.
 * @throws StepscopeError `bad-checkpoint` with file and field where a file is missing, broken or contradicts the index
 */
export async function openWeights(files: CheckpointFiles, signal?: AbortSignal): Promise<CheckpointWeights> {
  const entries = new Map<string, TensorEntry>()
  if (hasFile(files, WEIGHTS_FILE)) {
    for (const entry of await readSafetensorsHeader(files, WEIGHTS_FILE, signal)) entries.set(entry.name, entry)
    return new CheckpointWeights(files, entries)
  }
  if (!hasFile(files, INDEX_FILE)) throw await describeMissing(files, WEIGHTS_FILE)
  const parsed = indexSchema.safeParse(await readJson(files, INDEX_FILE, signal))
  if (!parsed.success) {
    const { field, message } = firstIssue(parsed.error)
    throw new StepscopeError({ code: 'bad-checkpoint', message, place: { file: INDEX_FILE, field } })
  }
  const stored = new Map<string, TensorEntry>()
  for (const shard of new Set(Object.values(parsed.data.weight_map))) {
    if (!hasFile(files, shard)) throw missingShard(files, shard)
    for (const entry of await readSafetensorsHeader(files, shard, signal)) stored.set(`${shard}\n${entry.name}`, entry)
  }
  for (const [name, shard] of Object.entries(parsed.data.weight_map)) {
    const entry = stored.get(`${shard}\n${name}`)
    if (!entry) {
      throw new StepscopeError({
        code: 'bad-checkpoint',
        message: `The index says that the tensor is in this file, but it is not`,
        place: { file: shard, field: name },
        nextStep: 'Download the file again.',
      })
    }
    entries.set(name, entry)
  }
  return new CheckpointWeights(files, entries)
}

function missingShard(files: CheckpointFiles, shard: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: `The folder ${files.name} has no ${shard}, which ${INDEX_FILE} names`,
    place: { file: shard },
    nextStep: 'Download the missing part of the weights, or choose the folder that holds all of them.',
  })
}
