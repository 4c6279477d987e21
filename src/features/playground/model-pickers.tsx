import { modelValue, NO_REWARD, useModelOptions } from '../../panels/model-options.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { Select } from '../../ui/select.tsx'
import styles from './setup-panel.module.css'

/** Policy and PRM, of those that come with the app and those opened before. */
export function ModelPickers() {
  return (
    <>
      <Picker model="policy" label="Policy" hint="Proposes the steps." />
      <Picker model="reward" label="Reward model" hint="Scores each step." />
      <p className={styles.muted}>
        Your own: drop a Hugging Face folder anywhere, or see <a href="#/models">Models</a>.
      </p>
    </>
  )
}

function Picker({ model: role, label, hint }: { model: 'policy' | 'reward'; label: string; hint: string }) {
  const actions = useActions()
  const chosen = useApp((state) => state.engine[role])
  const loading = useApp((state) => state.engine.phase === 'loading')
  const { options, find } = useModelOptions(role, chosen)
  return (
    <Select
      label={label}
      hint={hint}
      disabled={loading}
      value={modelValue(chosen)}
      options={options}
      onChange={(value) => {
        if (value === NO_REWARD) {
          void actions.engine.dropReward()
          return
        }
        const model = find(value)
        if (model) void actions.models.chooseModel(role, model)
      }}
    />
  )
}
