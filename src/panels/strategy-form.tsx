import type { StrategyConfig, StrategyId } from '../search/events.ts'
import type { Setting } from '../search/settings.ts'
import { SETTINGS, STRATEGIES } from '../search/settings.ts'
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
  onConfig(change: Partial<StrategyConfig>): void
}

/** Settings that most searches never change. */
const RARE: ReadonlySet<keyof StrategyConfig> = new Set(['topP', 'topK', 'maxRounds', 'maxStepTokens'])
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

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
        hint={STRATEGIES.find(({ id }) => id === strategy)?.description}
        onChange={onStrategy}
      />
      <SettingFields {...rest} />
    </>
  )
}

export function SettingFields(props: SettingFieldsProps) {
  const used = SETTINGS.filter((setting) => setting.usedBy.includes(props.strategy))
  const rare = used.filter(({ key }) => RARE.has(key))
  const open = rare.some(({ key }) => props.errors[key] !== undefined)
  return (
    <>
      {used
        .filter(({ key }) => !RARE.has(key))
        .map((setting) => (
          <SettingField key={setting.key} setting={setting} {...props} />
        ))}
      {rare.length > 0 ? (
        <details className={styles.more} open={open || undefined}>
          <summary>More settings</summary>
          <div className={styles.fields}>
            {rare.map((setting) => (
              <SettingField key={setting.key} setting={setting} {...props} />
            ))}
          </div>
        </details>
      ) : null}
    </>
  )
}

function SettingField({ setting, config, errors, onConfig }: SettingFieldsProps & { setting: Setting }) {
  const error = errors[setting.key]
  if (setting.kind === 'choice') {
    const value = String(config[setting.key])
    return (
      <Select
        label={setting.name}
        value={value}
        options={setting.choices.map(({ id, name }) => ({ value: id, label: name }))}
        hint={setting.choices.find(({ id }) => id === value)?.description ?? setting.description}
        error={error}
        onChange={(next) => onConfig({ [setting.key]: next })}
      />
    )
  }
  return (
    <NumberField
      label={setting.name}
      value={Number(config[setting.key])}
      min={setting.min}
      max={setting.max}
      step={setting.kind === 'integer' ? 1 : setting.key === 'topP' ? 0.05 : 0.1}
      {...(setting.key === 'n' || setting.key === 'm' ? { stops: POWERS } : {})}
      hint={setting.description}
      error={error}
      onChange={(next) => onConfig({ [setting.key]: next })}
    />
  )
}
