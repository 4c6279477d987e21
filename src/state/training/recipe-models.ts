import { StepscopeError } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { ModelSource, TrainingSources } from '../../worker/protocol.ts'
import { BUNDLED_CHOICES } from '../models/bundled-models.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import { modelName } from '../models/model-names.ts'
import type { SliceContext } from '../slice-context.ts'
import type { TrainingRun } from './training-state.ts'

/** The models that recipes name, among those that are offered. */
export interface RecipeModels {
  /** A model by the id that a recipe names; null where it is not offered. */
  choiceOf(id: string): ModelChoice | null
  /** Null where its files are not here; a start says so. */
  sourceNamed(id: string): ModelSource | null
  /** @throws StepscopeError `not-found` naming the field whose model is not offered */
  choicesOf(recipe: TrainingRecipe): TrainingRun['models']
  sourcesOf(models: TrainingRun['models']): TrainingSources
  isRewardModel(choice: ModelChoice): boolean
}

export function recipeModels({ get }: SliceContext, engine: EngineSlice): RecipeModels {
  const isRewardModel = ({ kind, id }: ModelChoice): boolean =>
    kind === 'bundled'
      ? BUNDLED_CHOICES.reward.some((model) => model.id === id)
      : get().engine.ownModels.some((model) => model.kind === kind && model.id === id && model.role !== 'policy')

  const choiceOf = (id: string): ModelChoice | null => {
    const { ownModels } = get().engine
    const found = [...BUNDLED_CHOICES.policy, ...BUNDLED_CHOICES.reward, ...ownModels].find((model) => model.id === id)
    return found ? { kind: found.kind, id: found.id, name: found.name } : null
  }

  const sourceNamed = (id: string): ModelSource | null => {
    const choice = choiceOf(id)
    try {
      return choice && engine.sourceOf(choice)
    } catch {
      return null
    }
  }

  const choicesOf = ({ model, reference, rewardModel }: TrainingRecipe): TrainingRun['models'] => {
    const need = (id: string, field: string): ModelChoice => {
      const choice = choiceOf(id)
      if (choice) return choice
      throw missingModel(modelName(id, get().engine), field)
    }
    return {
      model: need(model, 'model'),
      reference: reference === undefined ? null : need(reference, 'reference'),
      rewardModel: rewardModel === undefined ? null : need(rewardModel, 'rewardModel'),
    }
  }

  const sourcesOf = ({ model, reference, rewardModel }: TrainingRun['models']): TrainingSources => ({
    model: engine.sourceOf(model),
    reference: reference && engine.sourceOf(reference),
    rewardModel: rewardModel && engine.rewardSourceOf(rewardModel),
  })

  return { choiceOf, sourceNamed, choicesOf, sourcesOf, isRewardModel }
}

function missingModel(name: string, field: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: `The model “${plainText(name, 80)}” is not in this browser`,
    place: { field },
    nextStep: 'Choose another model, or add it on the Models screen.',
  })
}
