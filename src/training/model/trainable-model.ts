import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { DecoderConfig, WeightSource } from '../../engine/decoder/decoder.ts'
import { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import { tensorPlan } from '../../engine/decoder/decoder-tensors.ts'
import type { DecoderWeights, Matrix } from '../../engine/decoder/decoder-weights.ts'
import { loadWeights } from '../../engine/decoder/decoder-weights.ts'
import { createAngles } from '../../engine/decoder/rotary-tables.ts'
import type { SequenceGradients, SequenceValues } from '../../objectives/sequence.ts'
import type { GraphStep } from './graph-tools.ts'
import { recordSteps } from './graph-tools.ts'
import { mergeLowRank } from './low-rank.ts'
import type { ModelParts, TrainableOptions } from './model-parts.ts'
import { createModelParts } from './model-parts.ts'
import type { TrainedParameter } from './optimizer.ts'
import type { BatchLimits, PackedBatch } from './packed-batch.ts'
import type { PlacedTensor } from './parameter.ts'
import { putTensor, takeTensor } from './parameter.ts'
import { PassGraph } from './pass-graph.ts'
import { checkSameShape } from './same-shape.ts'

/** A model that is read and not trained. */
export interface FrozenCheckpoint {
  readonly config: DecoderConfig
  readonly weights: WeightSource
}

/** Values of named tensors, row-major. */
export type Tensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }
>

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
      return new TrainableModel(await createModelParts(backend, buffers, config, source, options))
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
   * A frozen model of the same shape, with its own positions, norms and biases, that says what it thinks of batches: the
   * weights before training, or another model. It uses the same activations, so a forward pass of it ends what this model
   * knew of its last batch. Freed with this model.
   * @throws StepscopeError `bad-setting` naming the field of config.json where its shape is another
   */
  async createReference({ config, weights: source }: FrozenCheckpoint): Promise<PassGraph> {
    const { backend, buffers, layout, scratch, outputHeads } = this.parts
    const { limits } = this
    checkSameShape(this.config, config, limits)
    const weights = await loadWeights(backend, buffers, config, tensorPlan(config, layout), source, { weights: 'f32' })
    const angles = await createAngles(backend, buffers, config, limits.maxPositions, 'control')
    const activations = { ...this.parts.activations, angles }
    return PassGraph.create({
      backend,
      buffers,
      config,
      layout,
      weights,
      outputHeads:
        config.outputHead.kind === 'score'
          ? { language: null, score: weights.outputHead }
          : { ...outputHeads, language: weights.outputHead, score: null },
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

/** Steps that are no part of a batch have numbers of rows of their own. */
const NO_ROWS = { tokens: 0, readouts: 0, segments: 0, hiddenQuads: 0 }
const NOTHING_TRAINED = { gradientOf: () => null, lowRankOf: () => null }
