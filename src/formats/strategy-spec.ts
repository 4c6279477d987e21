import { StepscopeError } from '../core/errors.ts'
import { readMeaning } from '../search/check-setup.ts'
import { namedStrategy, todaysStrategy } from '../search/earlier-setup.ts'
import type { StrategyConfig, StrategyId } from '../search/settings.ts'
import { SETTING_NAMES, STRATEGY_IDS } from '../search/settings.ts'

export interface StrategySpec {
  readonly strategy: StrategyId
  /** Only what was written. */
  readonly config: Partial<StrategyConfig>
}

/** `lookahead:n=4:lookahead=2`. Throws a StepscopeError `bad-setting`. */
export function readStrategySpec(text: string): StrategySpec {
  const [name = '', ...settings] = text.split(':')
  const strategy = namedStrategy(name)
  if (!strategy) throw badSetting(`one of ${STRATEGY_IDS.join(', ')}`, name)
  const config: Record<string, unknown> = {}
  for (const setting of settings) {
    const [key = '', ...values] = setting.split('=')
    const known = SETTING_NAMES.find((candidate) => candidate === key)
    if (!known) throw badSetting(`a setting: ${SETTING_NAMES.join(', ')}`, key)
    if (Object.hasOwn(config, known)) throw badSetting('each setting once', setting)
    config[known] = readMeaning(known, values.join('='))
  }
  return todaysStrategy({ strategy, config: config as Partial<StrategyConfig> })
}

/** The inverse of `readStrategySpec`, settings in the order of the table. */
export function writeStrategySpec({ strategy, config }: StrategySpec): string {
  const settings = SETTING_NAMES.filter((name) => config[name] !== undefined).map((name) => `${name}=${config[name]}`)
  return [strategy, ...settings].join(':')
}

/** Of a configuration, what differs from another one. */
export function configDifference(config: StrategyConfig, from: StrategyConfig): Partial<StrategyConfig> {
  return Object.fromEntries(
    SETTING_NAMES.filter((name) => config[name] !== from[name]).map((name) => [name, config[name]]),
  )
}

function badSetting(expected: string, found: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: 'The value cannot be used',
    expected,
    found: JSON.stringify(found),
  })
}
