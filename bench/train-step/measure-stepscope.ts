import type { Backend } from '../../src/compute/backend.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import { openUrlCheckpoint } from '../../src/engine/checkpoint/checkpoint-files-url.ts'
import { openWeights } from '../../src/engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import { completionSequence } from '../../src/objectives/sequence.ts'
import type { SftItem } from '../../src/objectives/sft/loss.ts'
import { sft } from '../../src/objectives/sft/loss.ts'
import { TrainableModel } from '../../src/training/model/trainable-model.ts'
import { trainStep } from '../../src/training/train-step.ts'
import type { OurBackend, TrainStepBatch, TrainStepEngine, TrainStepShape } from './engine.ts'
import { ADAMW, backendOptions } from './engine.ts'

/** Where a model's files come from: the page fetches them, Node reads them. */
type OpenModel = (folder: string) => Promise<CheckpointFiles>

const fetchModel: OpenModel = (folder) =>
  openUrlCheckpoint({ baseUrl: `/models/${folder}/`, files: ['config.json', 'model.safetensors'] })

/** The product's own step, with the norm of the gradients that a run reports. */
export async function openStepscope(choice: OurBackend, openModel: OpenModel = fetchModel): Promise<TrainStepEngine> {
  const { backend } = await openBackend(backendOptions(choice))
  return new StepscopeTrainer(backend, openModel)
}

class StepscopeTrainer implements TrainStepEngine {
  private readonly backend: Backend
  private readonly openModel: OpenModel
  private prepared: { readonly model: TrainableModel; readonly items: readonly SftItem[] } | null = null
  private steps = 0

  constructor(backend: Backend, openModel: OpenModel) {
    this.backend = backend
    this.openModel = openModel
  }

  get adapter(): string {
    return this.backend.adapter
  }

  async prepare({ model: folder }: TrainStepShape, { tokenIds, promptTokens }: TrainStepBatch): Promise<void> {
    const files = await this.openModel(folder)
    const items = tokenIds.map((ids, index): SftItem => {
      const prompt = promptTokens[index] ?? 1
      return { id: String(index), sequence: completionSequence(ids.slice(0, prompt), ids.slice(prompt)) }
    })
    const sequences = items.map(({ sequence }) => sequence)
    const model = await TrainableModel.create(this.backend, await readConfig(files), await openWeights(files), {
      limits: {
        maxRows: sequences.reduce((sum, sequence) => sum + sequence.tokenIds.length, 0),
        maxReadouts: sequences.reduce((sum, { readouts }) => sum + readouts.length, 0),
        maxPositions: Math.max(...sequences.map((sequence) => sequence.tokenIds.length)),
      },
      method: { kind: 'full' },
      recompute: false,
      valueHead: false,
      decayOn: 'all',
    })
    this.prepared = { model, items }
  }

  async step(): Promise<number> {
    if (this.prepared === null) throw new Error('nothing was prepared')
    const { model, items } = this.prepared
    this.steps += 1
    const { loss } = await trainStep(model, sft, items, { ...ADAMW, maxNorm: 0 }, this.steps)
    const [parameter] = model.parameters
    if (parameter === undefined) throw new Error('nothing is trained')
    // What comes back from the weights comes after their update.
    await this.backend.submit(() => {}, [{ buffer: parameter.weights, offset: 0, bytes: 16 }])
    return loss ?? Number.NaN
  }

  dispose(): void {
    this.prepared?.model.dispose()
    this.backend.dispose()
  }
}
