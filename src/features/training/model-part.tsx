import { objectiveById } from '../../objectives/registry.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { BUNDLED_CHOICES } from '../../state/models/bundled-models.ts'
import { modelName } from '../../state/models/model-names.ts'
import type { TrainingRecipe } from '../../state/training/training-state.ts'
import { usesField } from '../../state/training/training-view.ts'
import { Select } from '../../ui/select.tsx'
import { takesRewardModel } from './recipe-fields.ts'

interface ModelPartProps {
  recipe: TrainingRecipe
  errors: Readonly<Record<string, string>>
  /** A branch has its models already. */
  branches: boolean
}

/** The model to train, and those that it is compared with or rewarded by. */
export function ModelPart({ recipe, errors, branches }: ModelPartProps) {
  const actions = useActions()
  const makesRewardModel = objectiveById(recipe.objective).trains === 'reward-model'
  const engine = useApp((state) => state.engine)
  const local = engine.ownModels
  const own = local.filter((model) => model.onnx === undefined)
  const languageModel = ({ role, implicit }: (typeof own)[number]) => role === 'policy' || implicit === true
  const policies = [...BUNDLED_CHOICES.policy, ...own.filter(languageModel)]
  const rewards = [...BUNDLED_CHOICES.reward, ...own.filter(({ role }) => role !== 'policy')]
  const option = ({ id, name }: { id: string; name: string }) => ({ value: id, label: name })
  const missing = (id: string, among: readonly { id: string }[]) =>
    among.some((model) => model.id === id)
      ? []
      : [{ value: id, label: `${modelName(id, engine)} (not in this browser)` }]
  const trainable = makesRewardModel ? [...policies, ...rewards] : policies
  return (
    <>
      <Select
        label="Model to train"
        disabled={branches}
        hint={
          makesRewardModel
            ? 'A policy gets a score head in place of its language-model head.'
            : 'It stays as it is; the run trains a copy.'
        }
        error={errors.model}
        value={recipe.model}
        options={[...missing(recipe.model, trainable), ...trainable.map(option)]}
        onChange={(id) => actions.training.setField('model', id)}
      />
      {usesField(recipe, 'reference') ? (
        <Select
          label={makesRewardModel ? 'Policy that samples' : 'Reference model'}
          disabled={branches}
          hint={
            makesRewardModel
              ? 'Whose responses the reward model learns to judge.'
              : 'Frozen; what the policy is held to.'
          }
          error={errors.reference}
          value={recipe.reference ?? ''}
          options={[
            { value: '', label: 'The model before training' },
            ...(recipe.reference === undefined ? [] : missing(recipe.reference, policies)),
            ...policies.map(option),
          ]}
          onChange={(id) => actions.training.setField('reference', id === '' ? undefined : id)}
        />
      ) : null}
      {takesRewardModel(recipe) ? (
        <Select
          label="Reward model"
          disabled={branches}
          hint="Its scores are part of what a response earns."
          error={errors.rewardModel}
          value={recipe.rewardModel ?? ''}
          options={[
            { value: '', label: 'Choose one' },
            ...(recipe.rewardModel === undefined ? [] : missing(recipe.rewardModel, rewards)),
            ...rewards.map(option),
          ]}
          onChange={(id) => actions.training.setField('rewardModel', id === '' ? undefined : id)}
        />
      ) : null}
    </>
  )
}
