import { BOUNDS } from '../core/bounds.ts'
import { plainText } from '../core/outside-text.ts'
import { readStrategySpec, SETTING_FIELDS } from '../formats/strategy-spec.ts'
import type { RunSetup, StrategyConfig, StrategyId } from '../search/events.ts'
import type { Aggregation } from '../search/models.ts'
import type { Setting } from '../search/settings.ts'
import { checkSetting, DEFAULT_CONFIG, describeRange, SETTINGS, STRATEGIES } from '../search/settings.ts'
import type { Option, Options, ParsedOptions } from './options.ts'
import { describeRows, notOneOf, readNumber, UsageError, wholeWithin } from './options.ts'

/** `answerBy` is `--answer-by`. */
const optionName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The strategies' settings and the seed, as options. */
export const STRATEGY_OPTIONS: Options = {
  ...Object.fromEntries(
    SETTINGS.map((setting) => {
      const byModel = setting.key === 'aggregation' ? 'the reward model’s own' : String(setting.default)
      const option: Option = {
        type: 'string',
        check: (name, text) => void readSetting(setting, name, text),
        value: setting.kind === 'choice' ? 'NAME' : 'NUMBER',
        description: `${setting.description} ${rangeOf(setting)}; default ${byModel}.`,
      }
      return [optionName(setting.key), option]
    }),
  ),
  seed: seedOption('Seed of the sampling; the same seed gives the same events. Default 0.'),
}

/** `--help` on what `--strategy` takes. */
export const STRATEGY_NOTES = [
  'Strategies:',
  ...describeRows(STRATEGIES.map(({ id, description }) => [id, description])),
  'Settings of one strategy may follow its name: lookahead:n=4:lookahead=2.',
].join('\n')

/** Settings that were written as options. Throws a UsageError that names the option. */
export function readConfigOptions(options: ParsedOptions): Partial<StrategyConfig> {
  const config: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const name = optionName(setting.key)
    const text = options.text(name)
    if (text === undefined) continue
    config[setting.key] = readSetting(setting, name, text)
  }
  return config as Partial<StrategyConfig>
}

/** The value of a setting. Throws a UsageError that names the option. */
function readSetting(setting: Setting, name: string, text: string): unknown {
  try {
    const value = SETTING_FIELDS[setting.key].read(text)
    checkSetting(setting, value)
    return value
  } catch {
    throw notOneOf(name, `${setting.kind === 'choice' ? 'one of ' : ''}${describeRange(setting)}`, text)
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
    return { name: text, strategy, config: { ...common, ...config } }
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
