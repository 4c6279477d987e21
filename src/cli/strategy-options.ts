import { readStrategySpec, SETTING_FIELDS } from '../formats/strategy-spec.ts'
import type { RunSetup, StrategyConfig, StrategyId } from '../search/events.ts'
import type { Aggregation } from '../search/models.ts'
import type { Setting } from '../search/settings.ts'
import { DEFAULT_CONFIG, describeRange, SETTINGS, STRATEGIES } from '../search/settings.ts'
import type { Options, ParsedOptions } from './options.ts'
import { describeRows, readWhole, UsageError } from './options.ts'

/** `answerBy` is `--answer-by`. */
const optionName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The strategies' settings and the seed, as options. */
export const STRATEGY_OPTIONS: Options = {
  ...Object.fromEntries(
    SETTINGS.map((setting) => {
      const byModel = setting.key === 'aggregation' ? 'the reward model’s own' : String(setting.default)
      const option = {
        type: 'string',
        value: setting.kind === 'choice' ? 'NAME' : 'NUMBER',
        description: `${setting.description} ${rangeOf(setting)}; default ${byModel}.`,
      } as const
      return [optionName(setting.key), option]
    }),
  ),
  seed: {
    type: 'string',
    value: 'NUMBER',
    description: 'Seed of the sampling; the same seed gives the same events. Default 0.',
  },
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
  for (const { key } of SETTINGS) {
    const name = optionName(key)
    const text = options.text(name)
    if (text === undefined) continue
    try {
      config[key] = SETTING_FIELDS[key].read(text)
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`)
    }
  }
  return config as Partial<StrategyConfig>
}

export function readSeed(options: ParsedOptions): number {
  return readWhole('seed', options.text('seed') ?? '0', 0, 0xffffffff)
}

/** A strategy as it was asked for: the name in results is as written. */
export interface StrategyChoice {
  readonly name: string
  readonly strategy: StrategyId
  readonly config: Partial<StrategyConfig>
}

/** `lookahead:n=4`, over settings that hold for all strategies. Throws a UsageError that names what was written. */
export function readStrategy(text: string, common: Partial<StrategyConfig>): StrategyChoice {
  try {
    const { strategy, config } = readStrategySpec(text)
    return { name: text, strategy, config: { ...common, ...config } }
  } catch (error) {
    throw new UsageError(`Strategy ${text}: ${(error as Error).message}`)
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
