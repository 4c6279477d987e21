import { useActions } from '../../state/hooks.ts'
import { defaultOf } from '../../state/training/training-draft.ts'
import type { TrainingRecipe } from '../../state/training/training-state.ts'
import { Field } from '../../ui/field.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { Select } from '../../ui/select.tsx'
import type { Setting } from './recipe-fields.ts'
import { valueAt } from './recipe-fields.ts'
import styles from './recipe-panel.module.css'

interface SettingFieldProps {
  setting: Setting
  recipe: TrainingRecipe
  error: string | undefined
}

/** One setting with its sentence, and its default where it was changed. */
export function SettingField({ setting, recipe, error }: SettingFieldProps) {
  const actions = useActions()
  const { path, label } = setting
  const value = valueAt(recipe, path)
  const start = valueAt(defaultOf(recipe), path)
  const changed = value !== start && typeof start !== 'object'
  const hint = (
    <>
      {setting.hint}
      {changed ? <span className={styles.default}> Default {wordOf(start)}.</span> : null}
    </>
  )
  const set = (next: unknown) => actions.training.setField(path, next)
  switch (setting.kind) {
    case 'number': {
      const { min, max, step = 1, stops } = setting
      const rest = stops ? { stops } : {}
      return (
        <NumberField
          label={label}
          hint={hint}
          error={error}
          value={Number(value)}
          min={min}
          max={max}
          step={step}
          {...rest}
          onChange={set}
        />
      )
    }
    case 'choice':
      return (
        <Select
          label={label}
          hint={hint}
          error={error}
          value={String(value)}
          options={setting.options}
          inline
          onChange={set}
        />
      )
    case 'switch':
      return (
        <Field label={label} hint={hint} error={error} inline>
          {(ids) => (
            <input
              {...ids}
              type="checkbox"
              className={styles.checkbox}
              checked={value === true}
              onChange={(event) => set(event.target.checked)}
            />
          )}
        </Field>
      )
  }
}

function wordOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}
