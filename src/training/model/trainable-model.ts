import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { DecoderConfig, WeightChoice, WeightSource } from '../../engine/decoder.ts'
import { DecoderBuffers } from '../../engine/decoder-buffers.ts'
import type { DecoderLayout } from '../../engine/decoder-layout.ts'
import { decoderLayout, roundUp } from '../../engine/decoder-layout.ts'
import type { MatrixPlan, TensorPlan } from '../../engine/decoder-tensors.ts'
import { tensorPlan } from '../../engine/decoder-tensors.ts'
import type { DecoderWeights, Matrix } from '../../engine/decoder-weights.ts'
import { loadWeights } from '../../engine/decoder-weights.ts'
import type { SequenceGradients, SequenceValues } from '../sequence.ts'
import type { Activations } from './activations.ts'
import { createActivations } from './activations.ts'
import type { GraphStep, Scratch } from './graph-tools.ts'
import { createScratch, GraphTools, recordSteps } from './graph-tools.ts'
import type { Heads } from './head-graph.ts'
import type { LowRank, LowRankOptions } from './low-rank.ts'
import { createLowRanks, maskLowRank, mergeLowRank, refreshLowRank } from './low-rank.ts'
import type { DecayOn, TrainedParameter } from './optimizer.ts'
import { Optimizer } from './optimizer.ts'
import type { BatchLimits, PackedBatch } from './packed-batch.ts'
import type { Parameter, PlacedTensor } from './parameter.ts'
import { decoderParameters, matrixParameters, putTensor, takeTensor } from './parameter.ts'
import { PassGraph } from './pass-graph.ts'

export interface TrainableOptions {
  readonly limits: BatchLimits
  /** Every weight, or low-rank updates of some with the rest as it is (and the value head). */
  readonly method: { readonly kind: 'full' } | ({ readonly kind: 'low-rank' } & LowRankOptions)
  /** Runs layers again on the way back instead of keeping their activations. */
  readonly recompute: boolean
  /** A scalar head beside the language model's, zero at first (PPO). */
  readonly valueHead: boolean
  readonly decayOn: DecayOn
  /** How weights that are not trained lie on the device; what is trained whole is float32. */
  readonly weights?: WeightChoice
  readonly signal?: AbortSignal
}

/** Values of named tensors, row-major. */
export type Tensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }
>

/** Name of the value head's weight in checkpoints, as in Hugging Face score heads. */
export const VALUE_HEAD = 'score.weight'

/**
 * A decoder that is trained: weights as the engine keeps them, so that a decoder can run on the very same buffers, with
 * gradients and AdamW moments beside them. Everything on the device is made once; a step creates nothing.
 */
export class TrainableModel {
  readonly config: DecoderConfig
  readonly limits: BatchLimits
  readonly weights: DecoderWeights
  readonly parameters: readonly TrainedParameter[]
  readonly buffers: DecoderBuffers
  private readonly parts: ModelParts
  private readonly merges: GraphStep[] = []

  /**
   * Loads a checkpoint and makes all that training it takes; nothing stays on the device where this throws.
   * @throws StepscopeError `bad-checkpoint`, `out-of-memory`, `bad-setting`
   */
  static async create(
    backend: Backend,
    config: DecoderConfig,
    source: WeightSource,
    options: TrainableOptions,
  ): Promise<TrainableModel> {
    const buffers = new DecoderBuffers(backend)
    try {
      return new TrainableModel(await prepare(backend, buffers, config, source, options))
    } catch (error) {
      buffers.destroy()
      throw error
    }
  }

  private constructor(parts: ModelParts) {
    this.parts = parts
    this.config = parts.config
    this.limits = parts.activations.limits
    this.weights = parts.weights
    this.parameters = parts.parameters
    this.buffers = parts.buffers
  }

  get backend(): Backend {
    return this.parts.backend
  }

  /** Labels of the score head; 0 without one. */
  get labels(): number {
    return this.parts.graph.labels
  }

  get trainedWeights(): number {
    const count = (tensors: readonly PlacedTensor[]) =>
      tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
    return this.parameters.reduce((sum, { tensors }) => sum + count(tensors), 0)
  }

  forward(batch: PackedBatch): Promise<SequenceValues> {
    return this.parts.graph.forward(batch)
  }

  /** Adds the gradients of the batch that `forward` was just called with. */
  backward(batch: PackedBatch, gradients: SequenceGradients): Promise<void> {
    return this.parts.graph.backward(batch, gradients)
  }

  zeroGradients(): Promise<void> {
    return this.parts.optimizer.zeroGradients()
  }

  /** Finishes a step's gradients; to be called once, before `update`. @returns their norm before clipping */
  async gradientNorm(settings: AdamwSettings, step: number): Promise<number> {
    const { backend, masks, optimizer } = this.parts
    if (masks.length > 0) await backend.submit((recorder) => recordSteps(recorder, masks, NO_ROWS))
    return optimizer.gradientNorm(settings, step)
  }

  async update(): Promise<void> {
    await this.parts.optimizer.update()
    await this.refresh()
  }

  /** The trained tensors, or their gradients or moments, by name. */
  async read(what: 'weights' | 'gradient' | 'first' | 'second'): Promise<Tensors> {
    const found = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>()
    for (const parameter of this.parameters) {
      const words = await this.words(parameter[what], parameter.words)
      for (const tensor of parameter.tensors) {
        found.set(tensor.name, { shape: tensor.shape, data: takeTensor(words, tensor) })
      }
    }
    return found
  }

  /** @throws StepscopeError `bad-checkpoint` where a tensor is missing; nothing is changed then */
  async write(what: 'weights' | 'first' | 'second', tensors: Tensors): Promise<void> {
    for (const { tensors: own } of this.parameters) {
      for (const { name, shape } of own) {
        const found = tensors.get(name)
        if (found !== undefined && found.shape.join() === shape.join()) continue
        throw new StepscopeError({
          code: 'bad-checkpoint',
          message: 'The saved state does not fit the model',
          expected: `${name} [${shape.join(', ')}]`,
          found: found === undefined ? 'no such tensor' : `[${found.shape.join(', ')}]`,
          place: { field: name },
          nextStep: 'Resume with the model and the settings that the run was started with.',
        })
      }
    }
    for (const parameter of this.parameters) {
      const words = new Float32Array(parameter.words)
      for (const tensor of parameter.tensors) {
        putTensor(words, tensor, tensors.get(tensor.name)?.data ?? new Float32Array())
      }
      this.backend.write(parameter[what], 0, words)
      await this.backend.submit(() => {})
    }
    if (what === 'weights') await this.refresh()
  }

  /**
   * A frozen model of the same shape that says what it thinks of batches: the weights before training. It uses the same
   * activations, so a forward pass of it ends what this model knew of its last batch. Freed with this model.
   * @param source null for this model without its low-rank updates
   */
  async createReference(source: WeightSource | null): Promise<PassGraph> {
    const { backend, buffers, config, layout, plan, activations, scratch, heads } = this.parts
    const weights =
      source === null ? this.weights : await loadWeights(backend, buffers, config, plan, source, { weights: 'f32' })
    return PassGraph.create({
      backend,
      buffers,
      config,
      layout,
      weights,
      heads:
        config.head.kind === 'score'
          ? { language: null, score: weights.head }
          : { ...heads, language: weights.head, score: null },
      activations: { ...activations, gradients: null },
      scratch,
      trained: NOTHING_TRAINED,
      recompute: false,
    })
  }

  /**
   * The weights as a decoder reads them: the very ones that are trained, and copies with the low-rank updates merged in of
   * those that have them. Made once; `refreshRolloutWeights` brings the copies up to date.
   */
  async createRolloutWeights(): Promise<DecoderWeights> {
    const { buffers, tools, lowRanks } = this.parts
    const merged = new Map<Matrix, Matrix>()
    for (const [matrix, lowRank] of lowRanks) {
      const { matrix: copy, steps } = await mergeLowRank(tools, buffers, matrix, lowRank)
      merged.set(matrix, copy)
      this.merges.push(...steps)
    }
    await this.refreshRolloutWeights()
    const take = (matrix: Matrix) => merged.get(matrix) ?? matrix
    return {
      ...this.weights,
      layers: this.weights.layers.map((layer) => ({
        ...layer,
        projection: take(layer.projection),
        output: take(layer.output),
        gate: take(layer.gate),
        down: take(layer.down),
      })),
    }
  }

  async refreshRolloutWeights(): Promise<void> {
    if (this.merges.length > 0) await this.backend.submit((recorder) => recordSteps(recorder, this.merges, NO_ROWS))
  }

  dispose(): void {
    this.buffers.destroy()
  }

  private async refresh(): Promise<void> {
    const { backend, refreshes } = this.parts
    if (refreshes.length > 0) await backend.submit((recorder) => recordSteps(recorder, refreshes, NO_ROWS))
  }

  private async words(buffer: BackendBuffer, length: number): Promise<Float32Array> {
    const [bytes] = await this.backend.submit(() => {}, [{ buffer, offset: 0, bytes: 4 * length }])
    return new Float32Array(bytes ?? new ArrayBuffer(0))
  }
}

interface ModelParts {
  readonly backend: Backend
  readonly buffers: DecoderBuffers
  readonly config: DecoderConfig
  readonly layout: DecoderLayout
  readonly plan: TensorPlan
  readonly weights: DecoderWeights
  readonly heads: Heads
  readonly activations: Activations
  readonly scratch: Scratch
  readonly tools: GraphTools
  readonly graph: PassGraph
  readonly parameters: readonly TrainedParameter[]
  readonly optimizer: Optimizer
  readonly lowRanks: ReadonlyMap<Matrix, LowRank>
  readonly masks: readonly GraphStep[]
  readonly refreshes: readonly GraphStep[]
}

/** Steps that are no part of a batch have numbers of rows of their own. */
const NO_ROWS = { tokens: 0, heads: 0, segments: 0, hiddenQuads: 0 }
const NOTHING_TRAINED = { gradientOf: () => null, lowRankOf: () => null }

async function prepare(
  backend: Backend,
  buffers: DecoderBuffers,
  config: DecoderConfig,
  source: WeightSource,
  options: TrainableOptions,
): Promise<ModelParts> {
  const { limits, method, signal } = options
  const layout = decoderLayout(config, backend.tuning)
  const plan = tensorPlan(config, layout)
  const weightChoice = method.kind === 'full' ? 'f32' : (options.weights ?? 'auto')
  const weights = await loadWeights(backend, buffers, config, plan, source, {
    weights: weightChoice,
    ...(signal === undefined ? {} : { signal }),
  })
  const value = options.valueHead ? await createValueHead(buffers, config, layout, backend) : null
  const heads: Heads =
    config.head.kind === 'score'
      ? { language: null, score: weights.head }
      : { language: weights.head, score: value?.matrix ?? null }

  const tokenRows = roundUp(limits.maxRows, backend.tuning.matmul.rows)
  const lowRanks =
    method.kind === 'full'
      ? new Map<Matrix, LowRank>()
      : await createLowRanks(backend, buffers, plan, weights, tokenRows, method)
  const valueParameters = value === null ? [] : matrixParameters(value.plan, value.matrix)
  const scoreParameters =
    plan.head !== null && config.head.kind === 'score' ? matrixParameters(plan.head, weights.head) : []
  const given: Parameter[] =
    method.kind === 'full'
      ? [...decoderParameters(plan, weights), ...valueParameters]
      : [...[...lowRanks.values()].flatMap(({ parameters }) => parameters), ...scoreParameters, ...valueParameters]
  const lowRankGradients = new Map(
    [...lowRanks.values()].flatMap(({ parameters, downGradient, upGradient }) =>
      parameters.map((parameter, index): [Parameter, BackendBuffer] => [
        parameter,
        index === 0 ? downGradient : upGradient,
      ]),
    ),
  )
  const parameters: TrainedParameter[] = []
  for (const parameter of given) {
    parameters.push({
      ...parameter,
      gradient: lowRankGradients.get(parameter) ?? (await buffers.words(parameter.words, 'gradients')),
      first: await buffers.words(parameter.words, 'optimizer'),
      second: await buffers.words(parameter.words, 'optimizer'),
    })
  }
  const gradients = new Map(parameters.map((parameter) => [parameter.weights, parameter.gradient]))

  const activations = await createActivations(backend, buffers, config, layout, {
    limits,
    keep: options.recompute ? 'inputs' : 'all',
  })
  const matrices = [
    weights.embedding,
    weights.head,
    ...weights.layers.flatMap(({ projection, output, gate, down }) => [projection, output, gate, down]),
    ...[...lowRanks.values()].flatMap(({ down, up }) => [down, up]),
    ...(value === null ? [] : [value.matrix]),
  ]
  const scratch = await createScratch(backend, buffers, matrices, Math.max(limits.maxRows, limits.maxHeads))
  const tools = new GraphTools(backend, buffers, scratch)
  const graph = await PassGraph.create({
    backend,
    buffers,
    config,
    layout,
    weights,
    heads,
    activations,
    scratch,
    trained: {
      gradientOf: (buffer) => gradients.get(buffer) ?? null,
      lowRankOf: (matrix) => lowRanks.get(matrix) ?? null,
    },
    recompute: options.recompute,
  })
  const optimizer = await Optimizer.create(backend, buffers, parameters, options.decayOn, (count) => tools.count(count))
  const masks = await Promise.all([...lowRanks.values()].map((lowRank) => maskLowRank(tools, lowRank)))
  const refreshes = (await Promise.all([...lowRanks.values()].map((lowRank) => refreshLowRank(tools, lowRank)))).flat()
  signal?.throwIfAborted()
  return {
    backend,
    buffers,
    config,
    layout,
    plan,
    weights,
    heads,
    activations,
    scratch,
    tools,
    graph,
    parameters,
    optimizer,
    lowRanks,
    masks,
    refreshes,
  }
}

async function createValueHead(
  buffers: DecoderBuffers,
  config: DecoderConfig,
  layout: DecoderLayout,
  backend: Backend,
): Promise<{ readonly plan: MatrixPlan; readonly matrix: Matrix }> {
  const columns = roundUp(1, backend.tuning.matmul.columns)
  const same = (index: number) => index
  return {
    plan: {
      inner: layout.hidden,
      columns,
      sources: [{ name: VALUE_HEAD, shape: [1, config.hiddenSize], column: same, row: same, bias: null }],
    },
    matrix: {
      inner: layout.hidden,
      format: 'f32',
      parts: [
        {
          first: 0,
          columns,
          weights: await buffers.words(layout.hidden * columns, 'weights'),
          bias: await buffers.words(columns, 'control'),
        },
      ],
    },
  }
}
