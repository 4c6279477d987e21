import { engineOf } from '../../panels/model-engine.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { BUNDLED_CHOICES } from '../../state/models/bundled-models.ts'
import type { ModelChoice } from '../../state/models/engine-state.ts'
import { MODEL_KINDS } from '../../state/models/model-kinds.ts'
import type { OnnxSettings } from '../../state/models/onnx-state.ts'
import { Select } from '../../ui/select.tsx'
import styles from './setup-panel.module.css'

const NONE = 'none'

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
  const local = useApp((state) => state.engine.ownModels)
  const loading = useApp((state) => state.engine.phase === 'loading')
  const options = [
    ...BUNDLED_CHOICES[role],
    ...local.filter((model) => (model.role === 'policy') === (role === 'policy')),
  ]
  const known = options.some((model) => model.kind === chosen?.kind && model.id === chosen.id)
  const offered: readonly (ModelChoice & { readonly onnx?: OnnxSettings })[] =
    known || chosen === null ? options : [chosen, ...options]
  return (
    <Select
      label={label}
      hint={hint}
      disabled={loading}
      value={chosen === null ? NONE : `${chosen.kind}:${chosen.id}`}
      options={[
        ...offered.map((model) => ({
          value: `${model.kind}:${model.id}`,
          label: MODEL_KINDS[model.kind].own ? `${model.name} (${engineOf(model)})` : model.name,
        })),
        ...(role === 'reward' ? [{ value: NONE, label: 'None: no scores' }] : []),
      ]}
      onChange={(value) => {
        if (value === NONE) {
          void actions.engine.dropReward()
          return
        }
        const model = offered.find(({ kind, id }) => `${kind}:${id}` === value)
        if (model) void actions.models.chooseModel(role, model)
      }}
    />
  )
}
