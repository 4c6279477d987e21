import type { SettingName, StrategyConfig, StrategyId } from '../search/settings.ts'
import { SETTING_NAMES, settingOf, strategyById, usesSetting } from '../search/settings.ts'
import { useApp } from '../state/hooks.ts'
import { NumberField } from '../ui/number-field.tsx'
import { Select } from '../ui/select.tsx'
import styles from './strategy-form.module.css'
import { strategyOptions } from './strategy-words.ts'

interface SettingFieldsProps {
  strategy: StrategyId
  config: StrategyConfig
  /** Message per setting that cannot run. */
  errors: Readonly<Partial<Record<keyof StrategyConfig, string>>>
  /** Settings that are chosen elsewhere. */
  without?: readonly SettingName[]
  onConfig(change: Partial<StrategyConfig>): void
}

/** The strategy, and a field with a sentence for each of its settings. */
export function StrategyForm({ onStrategy, ...rest }: SettingFieldsProps & { onStrategy(strategy: StrategyId): void }) {
  const { strategy } = rest
  const hasReward = useApp((state) => state.engine.reward !== null)
  return (
    <>
      <Select
        label="Strategy"
        hideLabel
        value={strategy}
        options={strategyOptions(hasReward)}
        hint={strategyById(strategy).description}
        onChange={onStrategy}
      />
      <SettingFields {...rest} />
    </>
  )
}

export function SettingFields(props: SettingFieldsProps) {
  const used = SETTING_NAMES.filter((name) => usesSetting(props.strategy, name) && !props.without?.includes(name))
  const rare = used.filter((name) => settingOf(name).rare)
  const open = rare.some((name) => props.errors[name] !== undefined)
  return (
    <>
      {used
        .filter((name) => !rare.includes(name))
        .map((name) => (
          <SettingField key={name} name={name} {...props} />
        ))}
      {rare.length > 0 ? (
        <details className={styles.more} open={open || undefined}>
          <summary>More settings</summary>
          <div className={styles.fields}>
            {rare.map((name) => (
              <SettingField key={name} name={name} {...props} />
            ))}
          </div>
        </details>
      ) : null}
    </>
  )
}

function SettingField({ name, config, errors, onConfig }: SettingFieldsProps & { name: SettingName }) {
  const setting = settingOf(name)
  const error = errors[name]
  if (setting.kind === 'choice') {
    const value = String(config[name])
    return (
      <Select
        label={setting.name}
        value={value}
        options={setting.choices.map(({ id, name }) => ({ value: id, label: name }))}
        hint={setting.choices.find(({ id }) => id === value)?.description ?? setting.description}
        error={error}
        onChange={(next) => onConfig({ [name]: next })}
      />
    )
  }
  const { min, max, step = 1, stops } = setting
  return (
    <NumberField
      label={setting.name}
      value={Number(config[name])}
      min={min}
      max={max}
      step={step}
      {...(stops ? { stops } : {})}
      hint={setting.description}
      error={error}
      onChange={(next) => onConfig({ [name]: next })}
    />
  )
}
