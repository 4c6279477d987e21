import type { Backend } from '../../compute/backend.ts'
import { mean } from '../../core/statistics.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { readConfig } from '../../engine/checkpoint/config.ts'
import type { DecoderConfig } from '../../engine/decoder/decoder.ts'
import { decoderLayout } from '../../engine/decoder/decoder-layout.ts'
import { flopsModel } from '../../engine/decoder/decoder-model.ts'
import type { TensorPlan } from '../../engine/decoder/decoder-tensors.ts'
import { expectedShapes, tensorPlan } from '../../engine/decoder/decoder-tensors.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { objectiveById } from '../../objectives/registry.ts'
import { ROW_KINDS } from '../../objectives/rows.ts'
import { lowRankTargets } from '../model/low-rank-targets.ts'
import { recipeProblems } from './make-rows.ts'
import { passLimits, trainedConfig } from './model-in-training.ts'
import { recipeTask } from './recipe-task.ts'

export interface RunEstimate {
  /** Bytes on the device by purpose, roughly. */
  readonly bytes: Readonly<Record<string, number>>
  /** Tokens trained on in a step at most, and FLOPs of it, sampling included. */
  readonly tokensPerStep: number
  readonly flopsPerStep: number
  /** FLOPs at most of sampling and labelling the data, before the first step. */
  readonly dataFlops: number
}

/** Problems whose solutions tell how many steps a response has. */
const SOLVED = 16

/**
 * What a run will take, from the model's config alone: nothing is loaded.
 * @throws StepscopeError where the recipe does not fit the model
 */
export async function estimateRun(
  backend: Backend,
  model: CheckpointFiles,
  recipe: TrainingRecipe,
): Promise<RunEstimate> {
  const { config } = trainedConfig(await readConfig(model), recipe)
  const layout = decoderLayout(config, backend.tuning)
  const plan = tensorPlan(config, layout)
  const parameters = expectedShapes(plan).reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
  const { method, settings } = recipe
  const trained = method.kind === 'full' ? parameters : lowRankWeights(plan, method)
  const { maxRows } = passLimits(recipe)
  const perLayer = 2 * layout.hiddenStride + 2 * layout.projectionStride + layout.queryWidth + layout.gateColumns
  const kept = recipe.recompute
    ? perLayer + config.layers.length * layout.hiddenStride
    : config.layers.length * perLayer
  const shared = 3 * layout.hiddenStride + 2 * layout.projectionStride + 2 * layout.gateColumns + 2 * layout.innerStride
  const objective = objectiveById(recipe.objective)
  const { online } = objective
  const examples = recipe.batch * (online ? recipe.rollout.samples : ROW_KINDS[objective.rows].sequences)
  const passes = online ? settings.innerEpochs : 1
  const tokensPerStep = examples * recipe.maxTokens * passes
  const perToken = tokenFlops(config, recipe)
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
    // As if the policy that samples for a reward model were as large as it.
    dataFlops: sampledResponses(recipe) * recipe.maxTokens * tokenFlops(await readConfig(model), recipe),
  }
}

function tokenFlops(config: DecoderConfig, { maxTokens }: TrainingRecipe): number {
  const { token, head, context } = flopsModel(config)
  return token + head + (context * maxTokens) / 2
}

/** Whole responses that are sampled before the first step, at most; what a completion takes is a part of one. */
function sampledResponses(recipe: TrainingRecipe): number {
  const { data, labels, rollout, evaluateProblems } = recipe
  const objective = objectiveById(recipe.objective)
  if (data.source === 'file' || objective.online || !ROW_KINDS[objective.rows].sampled(labels)) return 0
  const samples = (data.problems + evaluateProblems) * rollout.samples
  if (objective.rows !== 'stepwise') return samples
  const task = recipeTask(recipe)
  const solved = recipeProblems(task, recipe, 'train', SOLVED)
  const steps = mean(solved.map((problem) => task.traces?.demonstrate(problem, recipe.seed)?.length ?? 1))
  // After step s of n, what is left is 1 − s/n of a response; after the last one, nothing.
  return samples * (1 + (labels.completions * (steps - 1)) / 2)
}

function lowRankWeights(
  plan: TensorPlan,
  { rank, targets }: { readonly rank: number; readonly targets: readonly string[] },
): number {
  const { sources } = lowRankTargets(plan, targets)
  return sources.reduce((sum, { shape: [outputs, inputs] }) => sum + rank * (outputs + inputs), 0)
}
