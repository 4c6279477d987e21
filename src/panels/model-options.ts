import { useApp } from '../state/hooks.ts'
import { BUNDLED_CHOICES } from '../state/models/bundled-models.ts'
import type { ModelChoice } from '../state/models/engine-state.ts'
import { MODEL_KINDS } from '../state/models/model-kinds.ts'
import type { OnnxSettings } from '../state/models/onnx-state.ts'
import { engineOf } from './model-engine.ts'

/** What stands for no reward model in a select. */
export const NO_REWARD = 'none'

type Offered = ModelChoice & { readonly onnx?: OnnxSettings }

interface ModelOptions {
  readonly options: readonly { readonly value: string; readonly label: string }[]
  /** The model that a value of the select stands for. */
  find(value: string): ModelChoice | undefined
}

export function modelValue(model: ModelChoice | null): string {
  return model === null ? NO_REWARD : `${model.kind}:${model.id}`
}

/**
 * For a select: the models that come with the app and those opened before.
 * @param chosen stands first where it is none of them
 */
export function useModelOptions(role: 'policy' | 'reward', chosen: ModelChoice | null): ModelOptions {
  const local = useApp((state) => state.engine.ownModels)
  const known: readonly Offered[] = [
    ...BUNDLED_CHOICES[role],
    ...local.filter((model) => (model.role === 'policy') === (role === 'policy')),
  ]
  const isKnown = chosen === null || known.some((model) => modelValue(model) === modelValue(chosen))
  const offered: readonly Offered[] = isKnown ? known : [chosen, ...known]
  return {
    options: [
      ...offered.map((model) => ({
        value: modelValue(model),
        label: MODEL_KINDS[model.kind].own ? `${model.name} (${engineOf(model)})` : model.name,
      })),
      ...(role === 'reward' ? [{ value: NO_REWARD, label: 'None: no scores' }] : []),
    ],
    find: (value) => offered.find((model) => modelValue(model) === value),
  }
}
