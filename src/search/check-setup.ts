import { StepscopeError } from '../core/errors.ts'
import type { Setting, SettingName, StrategyConfig, StrategyId } from './settings.ts'
import { CONSTRAINTS, SETTING_NAMES, STRATEGY_IDS, settingOf, usesSetting } from './settings.ts'

/** Throws a StepscopeError `bad-setting` that names the field, what was expected and found. */
export function checkSetup(setup: {
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  readonly seed: number
}): void {
  const { strategy, config, seed } = setup
  if (!STRATEGY_IDS.includes(strategy)) {
    throw badSetting('strategy', 'There is no such strategy', STRATEGY_IDS.join(', '), strategy)
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw badSetting('seed', 'The seed cannot be used', 'a whole number from 0 to 4294967295', seed)
  }
  for (const name of SETTING_NAMES) checkSetting(name, config[name])
  for (const { between, field, check } of CONSTRAINTS) {
    const broken = between.every((name) => usesSetting(strategy, name)) ? check(config) : null
    if (broken) throw badSetting(field, broken.message, broken.expected, config[field])
  }
}

/** A setting's value from a text, e.g. of a link or an option. Throws as `checkSetup`. */
export function readSetting(name: SettingName, text: string): string | number {
  const value = readMeaning(name, text)
  checkSetting(name, value)
  return value
}

/** As `readSetting`, of a number that may be more than a search takes: who shows the setting tells that. */
export function readMeaning(name: SettingName, text: string): string | number {
  const setting = settingOf(name)
  const value = setting.kind === 'choice' ? text : readNumber(text)
  const open = setting.kind === 'choice' || setting.maxByNature ? setting : { ...setting, max: MOST_IN_LINKS }
  if (value !== null && fits(open, value)) return value
  throw badSetting(name, 'The value cannot be used', describeRange(setting), JSON.stringify(text))
}

/** Whole numbers up to here are told apart. */
const MOST_IN_LINKS = Number.MAX_SAFE_INTEGER

function readNumber(text: string): number | null {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : null
}

function checkSetting(name: SettingName, value: unknown): void {
  const setting = settingOf(name)
  if (!fits(setting, value)) throw badSetting(name, 'The setting cannot be used', describeRange(setting), value)
}

function fits(setting: Setting, value: unknown): boolean {
  if (setting.kind === 'choice') return setting.choices.some(({ id }) => id === value)
  const { kind, min, minExcluded, max } = setting
  return (
    typeof value === 'number' &&
    (minExcluded ? value > min : value >= min) &&
    value <= max &&
    (kind === 'number' || Number.isInteger(value))
  )
}

/** `a whole number from 1 to 1024`. */
export function describeRange(setting: Setting): string {
  if (setting.kind === 'choice') return setting.choices.map(({ id }) => id).join(', ')
  const { kind, min, minExcluded, max } = setting
  const number = kind === 'integer' ? 'a whole number' : 'a number'
  return minExcluded ? `${number} above ${min}, at most ${max}` : `${number} from ${min} to ${max}`
}

function badSetting(field: string, message: string, expected: string, found: unknown): StepscopeError {
  return new StepscopeError({ code: 'bad-setting', message, expected, found: String(found), place: { field } })
}
