import type { ErrorDetails } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'
import type { StrategyConfig, StrategyId } from '../search/events.ts'
import { STRATEGY_IDS } from '../search/events.ts'
import { AGGREGATIONS } from '../search/models.ts'

/** How a setting is written in a link. */
interface SettingField {
  /** Throws a StepscopeError `bad-setting` that says what was expected. */
  read(text: string): unknown
}

const number = (expected: string, fits: (value: number) => boolean): SettingField => ({
  read: (text) => {
    const value = Number(text)
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) || !fits(value)) throw badSetting(expected, text)
    return value
  },
})
const choice = (options: readonly string[]): SettingField => ({
  read: (text) => {
    if (!options.includes(text)) throw badSetting(`one of ${options.join(', ')}`, text)
    return text
  },
})
const whole = (low: number) =>
  number(`a whole number from ${low}`, (value) => Number.isSafeInteger(value) && value >= low)

/** Every setting of a strategy, by the name it has in links and on the command line. */
export const SETTING_FIELDS: { readonly [K in keyof StrategyConfig]: SettingField } = {
  n: whole(1),
  m: whole(1),
  lookahead: whole(0),
  aggregation: choice(AGGREGATIONS),
  answerBy: choice(['score', 'weighted-vote', 'majority']),
  temperature: number('a number from 0', (value) => Number.isFinite(value) && value >= 0),
  topP: number('a number above 0, at most 1', (value) => value > 0 && value <= 1),
  topK: whole(0),
  maxRounds: whole(1),
  maxStepTokens: whole(1),
}

export const SETTING_NAMES = Object.keys(SETTING_FIELDS) as readonly (keyof StrategyConfig)[]

export interface StrategySpec {
  readonly strategy: StrategyId
  /** Only what was written. */
  readonly config: Partial<StrategyConfig>
}

/** `lookahead:n=4:lookahead=2`. Throws a StepscopeError `bad-setting`. */
export function readStrategySpec(text: string): StrategySpec {
  const [name = '', ...settings] = text.split(':')
  const strategy = STRATEGY_IDS.find((id) => id === name)
  if (!strategy) throw badSetting(`one of ${STRATEGY_IDS.join(', ')}`, name)
  const config: Record<string, unknown> = {}
  for (const setting of settings) {
    const [key = '', ...values] = setting.split('=')
    const known = SETTING_NAMES.find((candidate) => candidate === key)
    if (!known) throw badSetting(`a setting: ${SETTING_NAMES.join(', ')}`, key)
    if (Object.hasOwn(config, known)) throw badSetting('each setting once', setting)
    config[known] = SETTING_FIELDS[known].read(values.join('='))
  }
  return { strategy, config: config as Partial<StrategyConfig> }
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
  const details: ErrorDetails = {
    code: 'bad-setting',
    message: 'The value cannot be used',
    expected,
    found: JSON.stringify(found),
  }
  return new StepscopeError(details)
}
