import type { Backend } from '../../compute/backend.ts'
import type { CheckpointFiles } from '../../engine/checkpoint-files.ts'
import { decoderLayout } from '../../engine/decoder-layout.ts'
import { flopsModel } from '../../engine/decoder-model.ts'
import { expectedShapes, tensorPlan } from '../../engine/decoder-tensors.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { ONLINE_OBJECTIVES } from '../../formats/training-recipe.ts'
import { passLimits, subjectConfig } from './subject.ts'

export interface RunEstimate {
  /** Bytes on the device by purpose, roughly. */
  readonly bytes: Readonly<Record<string, number>>
  /** Tokens trained on in a step at most, and FLOPs of it, sampling included. */
  readonly tokensPerStep: number
  readonly flopsPerStep: number
}

/** Sequences of one item. */
const SEQUENCES: Partial<Record<TrainingRecipe['objective'], number>> = { dpo: 2, 'ranked-reward': 2 }

/** What a run will take, from the model's config alone: nothing is loaded. */
export async function estimateRun(
  backend: Backend,
  model: CheckpointFiles,
  recipe: TrainingRecipe,
): Promise<RunEstimate> {
  const { config } = await subjectConfig(model, recipe)
  const layout = decoderLayout(config, backend.tuning)
  const parameters = expectedShapes(tensorPlan(config, layout)).reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
  const { method, settings } = recipe
  const trained = method.kind === 'full' ? parameters : lowRankWeights(config, method)
  const { maxRows } = passLimits(recipe)
  const perLayer = 2 * layout.hiddenStride + 2 * layout.projectionStride + layout.queryWidth + layout.gateColumns
  const kept = recipe.recompute ? perLayer + config.layers * layout.hiddenStride : config.layers * perLayer
  const shared = 3 * layout.hiddenStride + 2 * layout.projectionStride + 2 * layout.gateColumns + 2 * layout.innerStride
  const online = ONLINE_OBJECTIVES.includes(recipe.objective)
  const examples = online ? recipe.batch * recipe.rollout.samples : recipe.batch * (SEQUENCES[recipe.objective] ?? 1)
  const passes = online ? settings.innerEpochs : 1
  const tokensPerStep = examples * recipe.maxTokens * passes
  const flops = flopsModel(config)
  const perToken = flops.token + flops.head + (flops.context * recipe.maxTokens) / 2
  return {
    bytes: {
      weights: 4 * parameters,
      gradients: 4 * trained,
      optimizer: 8 * trained,
      activations: 4 * maxRows * (kept + shared),
    },
    tokensPerStep,
    // Back is twice the way there; a sample is one more way there.
    flopsPerStep: tokensPerStep * perToken * 3 + (online ? examples * recipe.maxTokens * perToken : 0),
  }
}

function lowRankWeights(
  {
    layers,
    hiddenSize,
    intermediateSize,
    heads,
    keyValueHeads,
    headDim,
  }: Awaited<ReturnType<typeof subjectConfig>>['config'],
  { rank, targets }: { readonly rank: number; readonly targets: readonly string[] },
): number {
  const sides: Readonly<Record<string, number>> = {
    q_proj: hiddenSize + heads * headDim,
    k_proj: hiddenSize + keyValueHeads * headDim,
    v_proj: hiddenSize + keyValueHeads * headDim,
    o_proj: hiddenSize + heads * headDim,
    gate_proj: hiddenSize + intermediateSize,
    up_proj: hiddenSize + intermediateSize,
    down_proj: hiddenSize + intermediateSize,
  }
  return layers * rank * targets.reduce((sum, target) => sum + (sides[target] ?? 0), 0)
}
