import type { BundledModel } from '../../tasks/bundled-models.ts'
import { BUNDLED_MODELS, bundledModel } from '../../tasks/bundled-models.ts'
import type { ModelChoice } from './engine-state.ts'

/** In place of a model's id in links and records: searches do without a reward model. */
export const NO_MODEL = 'none'

/** The checkpoints that come with the app, as they are chosen. */
export const BUNDLED_CHOICES: { readonly policy: readonly ModelChoice[]; readonly reward: readonly ModelChoice[] } = {
  policy: BUNDLED_MODELS.filter(({ role }) => role === 'policy').map(choiceOf),
  reward: BUNDLED_MODELS.filter(({ role }) => role !== 'policy').map(choiceOf),
}

/** What the page begins with. */
export const DEFAULT_POLICY: ModelChoice = choiceOf(BUNDLED_MODELS[0])

/** What a task's searches begin with; null where no model for it comes with the app. */
export function bundledChoice(task: string, part: 'policy' | 'reward'): ModelChoice | null {
  const model = bundledModel(task, part)
  return model ? choiceOf(model) : null
}

function choiceOf({ id, name }: BundledModel): ModelChoice {
  return { kind: 'bundled', id, name }
}

/** The task that a bundled model was trained for; undefined for an id that is none's. */
export function taskOfBundled(id: string): string | undefined {
  return BUNDLED_MODELS.find((model) => model.id === id)?.task
}
