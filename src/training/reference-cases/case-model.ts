import type { Backend } from '../../compute/backend.ts'
import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { openCheckpoint } from '../../engine/checkpoint/open-checkpoint.ts'
import type { DecoderConfig, WeightSource } from '../../engine/decoder/decoder.ts'
import type { LossFunction, Metrics, Named } from '../../objectives/loss.ts'
import type { TrainableOptions } from '../model/model-parts.ts'
import { TrainableModel } from '../model/trainable-model.ts'
import { VALUE_HEAD } from '../model/value-head.ts'
import type { RecordedCase, RecordedTensor } from '../recorded-case.ts'
import { accumulateGradients } from '../train-step.ts'

export interface CaseInput {
  readonly backend: Backend
  readonly recorded: RecordedCase
  readonly model: CheckpointFiles
  /** Null where the case has none. */
  readonly reference: CheckpointFiles | null
  /** To try that they change nothing. */
  readonly recompute?: boolean
  readonly passTokens?: number
}

export interface CaseResult {
  /** Recomputed tensors under the case's names; inputs as they were. */
  readonly tensors: ReadonlyMap<string, RecordedTensor>
  /** Loss, gradient norm and metrics; of each step where there are several. */
  readonly figures: Metrics | { readonly trajectory: readonly Metrics[] }
}

/** Gradients only: no step is made. */
const NO_STEP: AdamwSettings = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxNorm: 0 }

/** Loads the case's model, with a score head of the case's where asked for, and frees it afterwards. */
export async function withModel<T>(
  input: CaseInput,
  options: Partial<Pick<TrainableOptions, 'method' | 'weights' | 'valueHead'>> & { readonly scoreHead?: boolean },
  use: (model: TrainableModel) => Promise<T>,
): Promise<T> {
  const { backend, recorded, recompute = false } = input
  const { scoreHead = false, ...given } = options
  const { config, weights } = await openCheckpoint(input.model)
  const [batch = 1, time = 1] = recorded.tensor('input_ids').shape
  const passTokens = Math.max(input.passTokens ?? batch * time, 2 * time)
  const head = scoreHead ? recorded.tensor('head.weight') : null
  const model = await TrainableModel.create(
    backend,
    head === null ? config : withScoreHead(config, head),
    head === null ? weights : withTensor(weights, VALUE_HEAD, head),
    {
      limits: { maxRows: passTokens, maxReadouts: passTokens, maxPositions: time },
      method: { kind: 'full' },
      recompute,
      valueHead: false,
      decayOn: 'all',
      ...given,
    },
  )
  try {
    return await use(model)
  } finally {
    model.dispose()
  }
}

function withScoreHead(config: DecoderConfig, { shape: [labels = 1] }: RecordedTensor): DecoderConfig {
  return { ...config, outputHead: { kind: 'score', labels, bias: false } }
}

/** A checkpoint with one more tensor. */
function withTensor(source: WeightSource, name: string, { shape, data }: RecordedTensor): WeightSource {
  return {
    has: (wanted) => wanted === name || source.has(wanted),
    shape: (wanted) => (wanted === name ? shape : source.shape(wanted)),
    read: (wanted, signal, range) => {
      if (wanted !== name) return source.read(wanted, signal, range)
      return Promise.resolve(range === undefined ? data : data.slice(range.first, range.end))
    },
  }
}

export async function gradients<Item extends Named, Observation>(
  model: TrainableModel,
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
): Promise<Metrics> {
  const { loss, metrics } = await accumulateGradients(model, lossFunction, items)
  return { loss, grad_norm: await model.gradientNorm(NO_STEP, 1), ...metrics }
}

/** The inputs, then what was computed, then the gradients under the case's names. */
export async function named(
  { recorded }: CaseInput,
  model: TrainableModel,
  computed: Readonly<Record<string, RecordedTensor>> = {},
): Promise<ReadonlyMap<string, RecordedTensor>> {
  const head = recorded.tensors.has('value_head.weight') ? 'value_head.weight' : 'head.weight'
  const gradient = [...(await model.read('gradient'))].map(
    ([name, tensor]) => [`grad.${name === VALUE_HEAD ? head : name}`, tensor] as const,
  )
  return new Map([...recorded.tensors, ...Object.entries(computed), ...gradient])
}
