import { modelValue, NO_REWARD, useModelOptions } from '../../panels/model-options.ts'
import type { CompareEntry } from '../../state/compare/compare-state.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { Select } from '../../ui/select.tsx'
import styles from './compare-column.module.css'

/** In place of a model: whatever the playground has. */
const CHOSEN = 'chosen'

interface ColumnModelsProps {
  index: number
  entry: CompareEntry
  locked: boolean
}

/** The policy and the reward model of a column, which may be its own. */
export function ColumnModels(props: ColumnModelsProps) {
  return (
    <div className={styles.models}>
      <ColumnModel model="policy" label="Policy" {...props} />
      <ColumnModel model="reward" label="Reward model" {...props} />
    </div>
  )
}

function ColumnModel({
  model: role,
  label,
  index,
  entry,
  locked,
}: ColumnModelsProps & { model: 'policy' | 'reward'; label: string }) {
  const actions = useActions()
  const chosen = useApp((state) => state.engine[role])
  const own = entry.models[role]
  const { options, find } = useModelOptions(role, own ?? null)
  return (
    <Select
      label={`${label} ${index + 1}`}
      value={own === undefined ? CHOSEN : modelValue(own)}
      disabled={locked}
      options={[{ value: CHOSEN, label: `As in the playground: ${chosen?.name ?? 'none'}` }, ...options]}
      onChange={(value) => {
        if (value === CHOSEN) actions.compare.setModel(index, role, undefined)
        else if (value === NO_REWARD) actions.compare.setModel(index, role, null)
        else {
          const model = find(value)
          if (model) actions.compare.setModel(index, role, { kind: model.kind, id: model.id, name: model.name })
        }
      }}
    />
  )
}
