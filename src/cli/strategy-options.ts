import { BOUNDS } from '../core/bounds.ts'
import { plainText } from '../core/outside-text.ts'
import { readStrategySpec } from '../formats/strategy-spec.ts'
import { describeRange, readSetting } from '../search/check-setup.ts'
import { todaysStrategy } from '../search/earlier-setup.ts'
import type { RunSetup } from '../search/events.ts'
import type { Aggregation } from '../search/models.ts'
import type { Setting, SettingName, StrategyConfig, StrategyId } from '../search/settings.ts'
import { DEFAULT_CONFIG, SETTING_NAMES, STRATEGIES, settingOf } from '../search/settings.ts'
import type { Option, Options, ParsedOptions } from './options.ts'
import { describeRows, notOneOf, readNumber, UsageError, wholeWithin } from './options.ts'

/** `answerBy` is `--answer-by`. */
const optionName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The strategies' settings and the seed, as options. */
export const STRATEGY_OPTIONS: Options = {
  ...Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const setting = settingOf(name)
      const byModel = name === 'aggregation' ? 'the reward model’s own' : String(setting.default)
      const option: Option = {
        type: 'string',
        check: (written, text) => void readSettingOption(name, written, text),
        value: setting.kind === 'choice' ? 'NAME' : 'NUMBER',
        description: `${setting.description} ${rangeOf(setting)}; default ${byModel}.`,
      }
      return [optionName(name), option]
    }),
  ),
  seed: seedOption('Seed of the sampling; the same seed gives the same events. Default 0.'),
}

/** `--help` on what `--strategy` takes. */
export const STRATEGY_NOTES = [
  'Strategies:',
  ...describeRows(Object.entries(STRATEGIES).map(([id, { description }]) => [id, description])),
  'Settings of one strategy may follow its name: lookahead:n=4:lookahead=2.',
].join('\n')

/** Settings that were written as options. Throws a UsageError that names the option. */
export function readConfigOptions(options: ParsedOptions): Partial<StrategyConfig> {
  const config: Record<string, unknown> = {}
  for (const name of SETTING_NAMES) {
    const option = optionName(name)
    const text = options.text(option)
    if (text !== undefined) config[name] = readSettingOption(name, option, text)
  }
  return config as Partial<StrategyConfig>
}

/** The value of a setting. Throws a UsageError that names the option. */
function readSettingOption(name: SettingName, option: string, text: string): unknown {
  try {
    return readSetting(name, text)
  } catch {
    const setting = settingOf(name)
    throw notOneOf(option, `${setting.kind === 'choice' ? 'one of ' : ''}${describeRange(setting)}`, text)
  }
}

/** `--seed` of a command. */
export function seedOption(description: string): Option {
  return { ...wholeWithin(BOUNDS.seed), value: 'NUMBER', description }
}

export function readSeed(options: ParsedOptions): number {
  return readNumber(options, 'seed') ?? 0
}

/** A strategy as it was asked for: the name in results is as written. */
export interface StrategyChoice {
  readonly name: string
  readonly strategy: StrategyId
  readonly config: Partial<StrategyConfig>
}

/** `lookahead:n=4`, over settings that hold for all strategies. Throws a UsageError that names what was written. */
export function readStrategy(option: string, text: string, common: Partial<StrategyConfig>): StrategyChoice {
  try {
    const { strategy, config } = readStrategySpec(text)
    return { name: text, ...todaysStrategy({ strategy, config: { ...common, ...config } }) }
  } catch (error) {
    throw new UsageError(`--${option}: Strategy ${plainText(text)}: ${(error as Error).message}`)
  }
}

/** Every setting: as asked for, else as the reward model's card says, else the default. */
export function completeConfig(
  config: Partial<StrategyConfig>,
  aggregation: Aggregation | undefined,
): RunSetup['config'] {
  return { ...DEFAULT_CONFIG, ...(aggregation === undefined ? {} : { aggregation }), ...config }
}

function rangeOf(setting: Setting): string {
  const range = describeRange(setting)
  return setting.kind === 'choice' ? `One of ${range}` : range.charAt(0).toUpperCase() + range.slice(1)
}
