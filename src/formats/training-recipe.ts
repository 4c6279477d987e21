import { z } from 'zod'
import { BOUNDS, bounded } from '../core/bounds.ts'
import { DEFAULT_TASK } from '../core/default-task.ts'
import { StepscopeError } from '../core/errors.ts'
import { firstSchemaIssue } from '../core/schema-issue.ts'
import type { ObjectiveId } from '../objectives/registry.ts'
import { OBJECTIVE_IDS, OBJECTIVE_SETTINGS, OBJECTIVES, objectiveById } from '../objectives/registry.ts'
import { usualDifficulties } from '../tasks/registry.ts'

const share = z.number().min(0).max(1)

const methodSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('full') }),
  z.strictObject({
    kind: z.literal('low-rank'),
    rank: bounded({ min: 1, max: 256 }).default(8),
    alpha: z.number().positive().default(16),
    targets: z.array(z.string().min(1)).min(1).default(['q_proj', 'k_proj', 'v_proj', 'o_proj']),
  }),
])

const dataSchema = z.discriminatedUnion('source', [
  z.strictObject({
    /**
     * Problems of the task's generator. What is learned from them depends on the objective: solutions (pretraining, sft),
     * traces with planted mistakes and exact labels (process-reward), the model's own samples, judged (the others).
     */
    source: z.literal('generated'),
    /** The task's usual ones where not given. */
    difficulties: z.array(z.string()).min(1).optional(),
    problems: bounded(BOUNDS.problems).default(2000),
  }),
  z.strictObject({
    /**
     * A JSONL file: TRL's SFT, preference, unpaired or stepwise data, as the objective needs; problems in the task's columns,
     * with gold answers, where the model samples while it learns.
     */
    source: z.literal('file'),
    file: z.string().min(1),
  }),
])

const optimizerSchema = z.strictObject({
  learningRate: z.number().positive().default(1e-4),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('cosine'),
  warmupSteps: bounded({ ...BOUNDS.trainingSteps, min: 0 }).default(10),
  /** The schedule ends at this share of the learning rate. */
  minimumRatio: share.default(0.1),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.95),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0.01),
  decayOn: z.enum(['all', 'matrices']).default('matrices'),
  /** Gradients are scaled down to this norm; 0 does not clip. */
  maxNorm: z.number().min(0).default(1),
})

const rolloutSchema = z.strictObject({
  /** Samples of each problem; GRPO's group. */
  samples: bounded(BOUNDS.samples).default(8),
  temperature: z.number().positive().default(1),
  topP: z.number().gt(0).max(1).default(1),
  maxSteps: bounded(BOUNDS.responseSteps).default(16),
  maxStepTokens: bounded(BOUNDS.stepTokens).default(64),
})

/** Weights of what a sampled response earns; the sum is its reward. */
const rewardSchema = z.strictObject({
  /** 1 where the task's verifier accepts the answer. */
  verifier: z.number().min(0).default(1),
  /** 1 where every line is a step of the task and the last one an answer. */
  format: z.number().min(0).default(0),
  /** An outcome reward model's score of the whole response. */
  outcome: z.number().min(0).default(0),
  /** A process reward model's score of each step, at its end. */
  process: z.number().min(0).default(0),
})

type SettingSchemas = { [Name in keyof typeof OBJECTIVE_SETTINGS]: (typeof OBJECTIVE_SETTINGS)[Name]['schema'] }

/** Those of all objectives; what each of them uses is in its description. */
const settingsSchema = z.strictObject(
  Object.fromEntries(Object.entries(OBJECTIVE_SETTINGS).map(([name, { schema }]) => [name, schema])) as SettingSchemas,
)

const labelSchema = z.strictObject({
  /** Of made data. Soft labels of a file stay as they are, or become hard where this is `hard`. */
  method: z.enum(['soft', 'hard', 'exact']).default('soft'),
  /** Monte Carlo completions per prefix. */
  completions: bounded(BOUNDS.samples).default(8),
  /**
   * Share of rows that are traces with planted mistakes and exact labels, beside those labelled by completions: their labels
   * have no noise.
   */
  planted: z.number().min(0).max(0.9).default(0.125),
  /**
   * Whether right and wrong labels weigh the same: at each depth, or within each problem at each depth (`LabelBalance`).
   */
  balance: z.enum(['none', 'depth', 'problem']).default('none'),
})

const writtenSchema = z.strictObject({
  objective: z.enum(OBJECTIVE_IDS),
  task: z.string().default(DEFAULT_TASK),
  /** Id of a model, or its folder. */
  model: z.string().min(1),
  /** The frozen model that DPO, implicit PRM, PPO and GRPO compare with; the model before training where not given. */
  reference: z.string().min(1).optional(),
  /** The reward model where rewards come from one. */
  rewardModel: z.string().min(1).optional(),
  seed: bounded(BOUNDS.seed).default(7),
  steps: bounded(BOUNDS.trainingSteps).default(200),
  /** Examples of a step; problems of a step where the model samples. */
  batch: bounded(BOUNDS.batch).default(32),
  method: methodSchema.default({ kind: 'full' }),
  data: dataSchema.prefault({ source: 'generated' }),
  optimizer: optimizerSchema.prefault({}),
  rollout: rolloutSchema.prefault({}),
  reward: rewardSchema.prefault({}),
  settings: settingsSchema.prefault({}),
  labels: labelSchema.prefault({}),
  /** Tokens of one pass: more are quicker and take more memory; the result does not change. */
  passTokens: bounded(BOUNDS.passTokens).default(2048),
  /** Longest sequence in tokens. */
  maxTokens: bounded(BOUNDS.passTokens).default(128),
  /** Runs layers again on the way back instead of keeping their activations. */
  recompute: z.boolean().default(false),
  saveEvery: bounded(BOUNDS.trainingSteps).default(50),
  /** Steps between looks at the model: samples of held-out problems (policies), AUC on held-out traces (reward models). */
  evaluateEvery: bounded(BOUNDS.trainingSteps).default(25),
  evaluateProblems: bounded(BOUNDS.heldOutProblems).default(64),
})

/** With everything that was left out, also what the task says. */
export const recipeSchema = writtenSchema.transform(({ data, ...recipe }) => ({
  ...recipe,
  data:
    data.source === 'file'
      ? data
      : {
          source: data.source,
          difficulties: data.difficulties ?? usualDifficulties(recipe.task),
          problems: data.problems,
        },
}))

export type TrainingRecipe = z.infer<typeof recipeSchema>
/** As written: everything that has a default may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>

/** A recipe that works, to start from. */
export function defaultRecipe(objective: ObjectiveId, model: string, task: string = DEFAULT_TASK): TrainingRecipe {
  return recipeSchema.parse({ ...OBJECTIVES[objective].defaults, objective, model, task })
}

/**
 * Reads a recipe; what is left out gets the objective's defaults.
 * @throws StepscopeError `bad-setting` that names the field, what was expected and what was found
 */
export function readRecipe(value: unknown, file?: string): TrainingRecipe {
  const given = z.looseObject({ objective: z.enum(OBJECTIVE_IDS), model: z.string().min(1) }).safeParse(value)
  if (!given.success) throw badRecipe(given.error, value, file)
  const parsed = recipeSchema.safeParse(merge(OBJECTIVES[given.data.objective].defaults, value))
  if (!parsed.success) throw badRecipe(parsed.error, value, file)
  const { data: recipe } = parsed
  const needsModel = recipe.reward.outcome > 0 || recipe.reward.process > 0
  if (needsModel && recipe.rewardModel === undefined) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'Rewards of a reward model without a reward model',
      expected: 'the id or folder of one',
      found: 'nothing',
      place: { field: 'rewardModel', ...(file === undefined ? {} : { file }) },
      nextStep: 'Name a reward model, or set reward.outcome and reward.process to 0.',
    })
  }
  const rewarded = Object.values(recipe.reward).some((weight) => weight > 0)
  const objective = objectiveById(recipe.objective)
  if (!rewarded && objective.online && objective.rewarded) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'Every reward has a weight of 0, so that nothing can be learned',
      expected: 'a weight above 0 in reward',
      found: JSON.stringify(recipe.reward),
      place: { field: 'reward.verifier', ...(file === undefined ? {} : { file }) },
      nextStep: 'Give the verifier, the format or a reward model a weight.',
    })
  }
  return recipe
}

/** Objects are merged field by field; anything else is replaced. */
function merge(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(over)) merged.set(key, merge(merged.get(key), value))
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function badRecipe(error: z.ZodError, value: unknown, file: string | undefined): StepscopeError {
  const { path, message, found } = firstSchemaIssue(error, value)
  return new StepscopeError({
    code: 'bad-setting',
    message,
    found,
    place: { ...(path.length === 0 ? {} : { field: path.join('.') }), ...(file === undefined ? {} : { file }) },
    nextStep: 'Correct the field; docs/training.md lists all of them.',
  })
}

/** A sentence on a run that ends before its learning rate has reached its peak; null for any other. */
export function warmupWords({
  steps,
  optimizer: { warmupSteps, learningRate },
}: Pick<TrainingRecipe, 'steps' | 'optimizer'>): string | null {
  if (steps > warmupSteps) return null
  const highest = Number(((learningRate * steps) / (warmupSteps + 1)).toPrecision(2))
  const all = steps === 1 ? 'Its 1 step is' : `All ${steps} steps are`
  return `${all} in the warm-up of ${warmupSteps}: the learning rate only reaches ${highest} of ${learningRate}.`
}
