import { recipeDifferences } from './recipe-difference.ts'
import type { ObjectiveId, TrainingRecipe } from './training-recipe.ts'
import {
  defaultRecipe,
  ONLINE_OBJECTIVES,
  REWARD_OBJECTIVES,
  REWARDED_OBJECTIVES,
  warmupWords,
} from './training-recipe.ts'

type Used = (recipe: TrainingRecipe) => boolean

const oneOf =
  (...objectives: readonly ObjectiveId[]): Used =>
  ({ objective }) =>
    objectives.includes(objective)
const online: Used = ({ objective }) => ONLINE_OBJECTIVES.includes(objective)
const rewarded: Used = ({ objective }) => REWARDED_OBJECTIVES.includes(objective)
const generated: Used = ({ data }) => data.source === 'generated'
const stepLabels = oneOf('process-reward')
/** Steps are labelled by completions of a policy. */
const completed: Used = (recipe) => stepLabels(recipe) && generated(recipe) && recipe.labels.method !== 'exact'
/** Examples are made of a policy's samples. */
const sampled: Used = (recipe) =>
  online(recipe) ||
  completed(recipe) ||
  (generated(recipe) && oneOf('dpo', 'outcome-reward', 'ranked-reward', 'implicit-process-reward')(recipe))
const ppo = oneOf('ppo')
const clipped = oneOf('ppo', 'grpo')

/** When a field, or all fields below it, changes what a run does; a field that is not here always does. */
const USED: Readonly<Record<string, Used>> = {
  reference: (recipe) =>
    oneOf('dpo', 'implicit-process-reward')(recipe) ||
    (recipe.objective === 'grpo' && recipe.settings.beta > 0) ||
    (recipe.objective === 'ppo' && recipe.settings.klCoefficient > 0) ||
    (REWARD_OBJECTIVES.includes(recipe.objective) && sampled(recipe)),
  rewardModel: online,
  rollout: sampled,
  reward: rewarded,
  'settings.beta': oneOf('dpo', 'grpo', 'implicit-process-reward'),
  'settings.rpoAlpha': oneOf('dpo'),
  'settings.scaleRewards': oneOf('grpo'),
  'settings.clip': clipped,
  'settings.valueClip': ppo,
  'settings.valueCoefficient': ppo,
  'settings.klCoefficient': ppo,
  'settings.discount': ppo,
  'settings.lambda': ppo,
  'settings.innerEpochs': online,
  'settings.minibatches': online,
  // Labels of a file stay as they are, or are made hard.
  'labels.method': (recipe) => stepLabels(recipe) && (generated(recipe) || recipe.labels.method !== 'exact'),
  'labels.completions': completed,
  'labels.planted': completed,
  'optimizer.minimumRatio': ({ optimizer }) => optimizer.schedule !== 'constant',
}

/** Whether a field of the recipe, e.g. `settings.clip`, changes what its run does. */
export function usesField(recipe: TrainingRecipe, field: string): boolean {
  const used = USED[field] ?? USED[field.split('.')[0] ?? '']
  return used?.(recipe) ?? true
}

/** Fields that were set, other than their defaults, and change nothing. */
export function unusedFields(recipe: TrainingRecipe): string[] {
  return recipeDifferences(defaultRecipe(recipe.objective, recipe.model), recipe)
    .map(({ field }) => field)
    .filter((field) => !usesField(recipe, field))
}

/** What is to be said of a recipe before it runs, and beside its run; null for most. */
export function recipeWords(recipe: TrainingRecipe): string | null {
  const unused = unusedFields(recipe)
  const words = [warmupWords(recipe), unused.length === 0 ? null : `This run makes no use of ${unused.join(', ')}.`]
  return words.filter((word) => word !== null).join(' ') || null
}
