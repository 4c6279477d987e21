import { StepscopeError } from '../core/errors.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { readJson } from '../engine/checkpoint/checkpoint-text.ts'
import { readSafetensorsHeader, readTensor } from '../engine/checkpoint/safetensors.ts'

export interface RecordedTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** The inputs of one training case and, where it has them, the results that PyTorch recorded. */
export class RecordedCase {
  readonly name: string
  readonly tensors: ReadonlyMap<string, RecordedTensor>
  private readonly figures: Readonly<Record<string, unknown>>
  private readonly folder: string

  /**
   * Reads `NAME.safetensors` and `NAME.json`. Whole numbers are widened to float32, which holds token ids exactly.
   * @throws StepscopeError `bad-file` or `bad-checkpoint` naming what is missing
   */
  static async open(folder: CheckpointFiles, name: string): Promise<RecordedCase> {
    const file = `${name}.safetensors`
    const figures = await readJson(folder, `${name}.json`)
    const tensors = new Map<string, RecordedTensor>()
    for (const entry of await readSafetensorsHeader(folder, file)) {
      const { shape } = entry
      if (entry.dtype === 'I32' || entry.dtype === 'I64') {
        const bytes = (await folder.read(file, entry.start, entry.end)).slice().buffer
        const whole = entry.dtype === 'I32' ? new Int32Array(bytes) : Array.from(new BigInt64Array(bytes), Number)
        tensors.set(entry.name, { shape, data: Float32Array.from(whole) })
      } else tensors.set(entry.name, { shape, data: await readTensor(folder, entry) })
    }
    return new RecordedCase(folder.name, name, tensors, figures as Record<string, unknown>)
  }

  private constructor(
    folder: string,
    name: string,
    tensors: ReadonlyMap<string, RecordedTensor>,
    figures: Readonly<Record<string, unknown>>,
  ) {
    this.folder = folder
    this.name = name
    this.tensors = tensors
    this.figures = figures
  }

  tensor(name: string): RecordedTensor {
    const found = this.tensors.get(name)
    if (found === undefined) throw this.missing(name, 'tensors', [...this.tensors.keys()])
    return found
  }

  /** A matrix by rows. */
  rows(name: string): Float32Array[] {
    const { shape, data } = this.tensor(name)
    const width = shape[shape.length - 1] ?? 1
    return Array.from({ length: data.length / width }, (_, row) => data.subarray(row * width, (row + 1) * width))
  }

  /** A number of the JSON file, by its path. */
  figure(...path: readonly string[]): number {
    const value = this.value(...path)
    if (typeof value === 'number') return value
    throw this.missing(path.join('.'), 'figures', Object.keys(this.figures))
  }

  /** Anything of the JSON file; undefined where it is not there. */
  value(...path: readonly string[]): unknown {
    return path.reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      this.figures,
    )
  }

  private missing(name: string, what: string, there: readonly string[]): StepscopeError {
    return new StepscopeError({
      code: 'bad-file',
      message: `The case lacks ${name}`,
      expected: `it among the ${what}`,
      found: there.join(', ').slice(0, 200),
      place: { file: `${this.folder}/${this.name}` },
      nextStep: 'Lay the case out as those in tests/fixtures/train.',
    })
  }
}
