import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import type { DecoderConfig, WeightChoice, WeightSource } from '../../engine/decoder/decoder.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import type { DecoderLayout } from '../../engine/decoder/decoder-layout.ts'
import { decoderLayout, roundUp } from '../../engine/decoder/decoder-layout.ts'
import type { TensorPlan } from '../../engine/decoder/decoder-tensors.ts'
import { tensorPlan } from '../../engine/decoder/decoder-tensors.ts'
import type { DecoderWeights, Matrix } from '../../engine/decoder/decoder-weights.ts'
import { loadWeights } from '../../engine/decoder/decoder-weights.ts'
import type { Activations } from './activations.ts'
import { createActivations } from './activations.ts'
import type { GraphStep, Scratch } from './graph-tools.ts'
import { createScratch, GraphTools } from './graph-tools.ts'
import type { LowRank, LowRankOptions } from './low-rank.ts'
import { createLowRanks, maskLowRank, refreshLowRank } from './low-rank.ts'
import { lowRankTargets } from './low-rank-targets.ts'
import type { DecayOn, TrainedParameter } from './optimizer.ts'
import { Optimizer } from './optimizer.ts'
import type { OutputHeads } from './output-head-graph.ts'
import type { BatchLimits } from './packed-batch.ts'
import type { Parameter } from './parameter.ts'
import { decoderParameters, matrixParameters } from './parameter.ts'
import { PassGraph } from './pass-graph.ts'
import { createValueHead } from './value-head.ts'

export interface TrainableOptions {
  readonly limits: BatchLimits
  /** Every weight, or low-rank updates of some with the rest as it is (and the value head). */
  readonly method:
    | { readonly kind: 'full' }
    | ({
        readonly kind: 'low-rank'
        /** Names of modules: see `lowRankTargets`. */
        readonly targets: readonly string[]
      } & LowRankOptions)
  /** Runs layers again on the way back instead of keeping their activations. */
  readonly recompute: boolean
  /** A scalar head beside the language model's, zero at first (PPO). */
  readonly valueHead: boolean
  readonly decayOn: DecayOn
  /** How weights that are not trained lie on the device; what is trained whole is float32. */
  readonly weights?: WeightChoice
  readonly signal?: AbortSignal
}

/** What a trainable model is made of. */
export interface ModelParts {
  readonly backend: Backend
  readonly buffers: DecoderBuffers
  readonly config: DecoderConfig
  readonly layout: DecoderLayout
  readonly plan: TensorPlan
  readonly weights: DecoderWeights
  readonly outputHeads: OutputHeads
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

/** Loads the weights and makes everything around them. @param buffers where all of it is put */
export async function createModelParts(
  backend: Backend,
  buffers: DecoderBuffers,
  config: DecoderConfig,
  source: WeightSource,
  options: TrainableOptions,
): Promise<ModelParts> {
  const { limits, method, signal } = options
  const layout = decoderLayout(config, backend.tuning)
  const plan = tensorPlan(config, layout)
  const targets = method.kind === 'full' ? [] : lowRankTargets(plan, method.targets).sources
  const weightChoice = method.kind === 'full' ? 'f32' : (options.weights ?? 'auto')
  const weights = await loadWeights(backend, buffers, config, plan, source, {
    weights: weightChoice,
    ...(signal === undefined ? {} : { signal }),
  })
  const value = options.valueHead ? await createValueHead(buffers, config, layout, backend) : null
  const outputHeads: OutputHeads =
    config.outputHead.kind === 'score'
      ? { language: null, score: weights.outputHead }
      : { language: weights.outputHead, score: value?.matrix ?? null }

  const tokenRows = roundUp(limits.maxRows, backend.tuning.matmul.rows)
  const lowRanks =
    method.kind === 'full'
      ? new Map<Matrix, LowRank>()
      : await createLowRanks(backend, buffers, plan, weights, tokenRows, targets, method)
  const valueParameters = value === null ? [] : matrixParameters(value.plan, value.matrix)
  const scoreParameters =
    plan.outputHead !== null && config.outputHead.kind === 'score'
      ? matrixParameters(plan.outputHead, weights.outputHead)
      : []
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
    weights.outputHead,
    ...weights.layers.flatMap(({ projection, output, gate, down }) => [projection, output, gate, down]),
    ...[...lowRanks.values()].flatMap(({ down, up }) => [down, up]),
    ...(value === null ? [] : [value.matrix]),
  ]
  const scratch = await createScratch(backend, buffers, matrices, Math.max(limits.maxRows, limits.maxReadouts))
  const tools = new GraphTools(backend, buffers, scratch)
  const graph = await PassGraph.create({
    backend,
    buffers,
    config,
    layout,
    weights,
    outputHeads,
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
    outputHeads,
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
