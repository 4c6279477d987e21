import type { AnyObjective } from '../objectives/registry.ts'
import { objectiveById } from '../objectives/registry.ts'
import { ROW_KINDS } from '../objectives/rows.ts'
import { recipeDifferences } from './recipe-difference.ts'
import type { TrainingRecipe } from './training-recipe.ts'
import { defaultRecipe, warmupWords } from './training-recipe.ts'

type Used = (recipe: TrainingRecipe, objective: AnyObjective) => boolean

const generated: Used = ({ data }) => data.source === 'generated'
/** Examples are made of a policy's samples. */
const sampled: Used = (recipe, objective) =>
  objective.online || (generated(recipe, objective) && ROW_KINDS[objective.rows].sampled(recipe.labels))
const stepLabels: Used = (_, objective) => !objective.online && objective.rows === 'stepwise'
/** Steps are labelled by completions of a policy. */
const completed: Used = (recipe, objective) => stepLabels(recipe, objective) && sampled(recipe, objective)

/** Whether the log-probabilities of a frozen model are part of the loss. */
function comparesWithReference({ settings }: Pick<TrainingRecipe, 'settings'>, objective: AnyObjective): boolean {
  return objective.online ? objective.comparesWithReference(settings) : objective.comparison !== null
}

/** When a field, or all fields below it, changes what a run does; a field that is not here, and no objective's setting, always does. */
const USED: Readonly<Record<string, Used>> = {
  reference: (recipe, objective) =>
    comparesWithReference(recipe, objective) || (objective.trains === 'reward-model' && sampled(recipe, objective)),
  rewardModel: (_, { online }) => online,
  rollout: sampled,
  reward: (_, objective) => objective.online && objective.rewarded,
  // Labels of a file stay as they are, or are made hard.
  'labels.method': (recipe, objective) =>
    stepLabels(recipe, objective) && (generated(recipe, objective) || recipe.labels.method !== 'exact'),
  'labels.completions': completed,
  'labels.planted': completed,
  'labels.balance': (_, objective) => !objective.online && objective.stepLabels !== undefined,
  'optimizer.minimumRatio': ({ optimizer }) => optimizer.schedule !== 'constant',
}

/** Whether a field of the recipe, e.g. `settings.clip`, changes what its run does. */
export function usesField(recipe: TrainingRecipe, field: string): boolean {
  const objective = objectiveById(recipe.objective)
  const [part = '', name = ''] = field.split('.')
  if (part === 'settings') return Object.hasOwn(objective.settings, name)
  const used = USED[field] ?? USED[part]
  return used?.(recipe, objective) ?? true
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
