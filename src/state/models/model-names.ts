import { nameOfUnknown } from '../../formats/training-names.ts'
import { BUNDLED_CHOICES } from './bundled-models.ts'
import type { EngineState, ModelChoice } from './engine-state.ts'

/**
 * A model's name for a person, by the id that searches, recipes and links have of it. A training run may have gone on
 * since: its name is without a step. An id that nobody knows here is all there is, unless it tells of a training run.
 */
export function modelName(
  id: string,
  { policy, reward, ownModels }: Pick<EngineState, 'policy' | 'reward' | 'ownModels'>,
): string {
  const known: readonly (ModelChoice & { readonly run?: string })[] = [
    ...BUNDLED_CHOICES.policy,
    ...BUNDLED_CHOICES.reward,
    ...ownModels,
    policy,
    ...(reward ? [reward] : []),
  ]
  const found = known.find((model) => model.id === id)
  return found?.run ?? found?.name ?? nameOfUnknown(id) ?? id
}

/** What an engine chose for a model, where it names another by its id: `β 0.05 against a-policy (0123…)`. */
export function choiceWords(text: string, engine: Pick<EngineState, 'policy' | 'reward' | 'ownModels'>): string {
  return text.replace(AGAINST, (id) => modelName(id, engine))
}

const AGAINST = /(?<=^β \S+ against ).+(?= \([0-9a-f]+\)$)/

/** The name of a model that is loaded: of the choice that it came from, with the step of a trained one. */
export function loadedName(id: string, engine: Pick<EngineState, 'policy' | 'reward' | 'ownModels'>): string {
  const chosen = [engine.policy, engine.reward].find((model) => model?.id === id)
  return chosen?.name ?? modelName(id, engine)
}
