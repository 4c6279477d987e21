import { StepscopeError } from '../core/errors.ts'
import { AGGREGATION_TITLES } from './aggregate.ts'
import type { RunSetup, StrategyConfig, StrategyId } from './events.ts'
import { STRATEGY_IDS } from './events.ts'

interface SettingBase<K extends keyof StrategyConfig> {
  readonly key: K
  readonly name: string
  /** One sentence. */
  readonly description: string
  readonly default: StrategyConfig[K]
  /** Strategies it changes; the others ignore it. */
  readonly usedBy: readonly StrategyId[]
}

interface NumberSetting<K extends keyof StrategyConfig> extends SettingBase<K> {
  readonly kind: 'integer' | 'number'
  /** Both included; topP excludes 0. */
  readonly min: number
  readonly max: number
}

interface ChoiceSetting<K extends keyof StrategyConfig> extends SettingBase<K> {
  readonly kind: 'choice'
  readonly choices: readonly { readonly id: string; readonly name: string; readonly description: string }[]
}

/** A setting of the strategies, as the interface and `--help` show it. */
export type Setting = { [K in keyof StrategyConfig]: NumberSetting<K> | ChoiceSetting<K> }[keyof StrategyConfig]

const SAMPLED: readonly StrategyId[] = ['sampling', 'best-of-n', 'greedy-tree', 'beam', 'lookahead']
const SCORED: readonly StrategyId[] = ['best-of-n', 'greedy-tree', 'beam', 'lookahead']

export const SETTINGS: readonly Setting[] = [
  {
    key: 'n',
    name: 'Proposals (n)',
    description: 'Proposals per round in all; for sampling and best-of-N, the number of responses.',
    kind: 'integer',
    default: 16,
    min: 1,
    max: 1024,
    usedBy: ['sampling', 'best-of-n', 'beam', 'lookahead'],
  },
  {
    key: 'm',
    name: 'Children (m)',
    description: 'Proposals from each kept step; n / m paths are kept each round.',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 1024,
    usedBy: ['greedy-tree', 'beam', 'lookahead'],
  },
  {
    key: 'lookahead',
    name: 'Lookahead (k)',
    description: 'Further greedy steps a proposal is rolled out before it is scored; 0 is beam search.',
    kind: 'integer',
    default: 1,
    min: 0,
    max: 40,
    usedBy: ['lookahead'],
  },
  {
    key: 'aggregation',
    name: 'Path score',
    description: 'How the scores of a path’s steps become the score it is ranked by.',
    kind: 'choice',
    default: 'last',
    choices: [
      { id: 'last', name: AGGREGATION_TITLES.last, description: 'The score of the last step (Snell et al. 2024).' },
      { id: 'min', name: AGGREGATION_TITLES.min, description: 'The lowest score on the path (Math-Shepherd).' },
      { id: 'product', name: AGGREGATION_TITLES.product, description: 'All scores multiplied (Lightman et al. 2023).' },
      { id: 'mean', name: AGGREGATION_TITLES.mean, description: 'The average score of the steps.' },
      {
        id: 'sum-log-odds',
        name: AGGREGATION_TITLES['sum-log-odds'],
        description: 'Log-odds of the scores, added up.',
      },
    ],
    usedBy: SCORED,
  },
  {
    key: 'answerBy',
    name: 'Answer by',
    description: 'How the answer is chosen among the finished paths; sampling always takes the majority.',
    kind: 'choice',
    default: 'score',
    choices: [
      { id: 'score', name: 'Best score', description: 'The finished path with the highest path score.' },
      {
        id: 'weighted-vote',
        name: 'Weighted vote',
        description: 'What the paths with the highest summed score are for; the best of them is shown.',
      },
      { id: 'majority', name: 'Majority', description: 'What most paths vote for; the first of them is shown.' },
    ],
    usedBy: ['best-of-n', 'beam', 'lookahead'],
  },
  {
    key: 'temperature',
    name: 'Temperature',
    description: 'Spread of the sampled steps: 1 follows the policy, lower is bolder, 0 is greedy.',
    kind: 'number',
    default: 1,
    min: 0,
    max: 10,
    usedBy: SAMPLED,
  },
  {
    key: 'topP',
    name: 'Top-p',
    description: 'Samples only from the smallest set of tokens with this probability in all; 1 takes every token.',
    kind: 'number',
    default: 1,
    min: 0,
    max: 1,
    usedBy: SAMPLED,
  },
  {
    key: 'topK',
    name: 'Top-k',
    description: 'Samples only from this many most probable tokens; 0 takes every token.',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    usedBy: SAMPLED,
  },
  {
    key: 'maxRounds',
    name: 'Rounds',
    description: 'Steps on a path, at most; the search stops there.',
    kind: 'integer',
    default: 40,
    min: 1,
    max: 1000,
    usedBy: STRATEGY_IDS,
  },
  {
    key: 'maxStepTokens',
    name: 'Tokens per step',
    description: 'Tokens of one step, at most; a step that is longer is cut and ends its path.',
    kind: 'integer',
    default: 64,
    min: 1,
    max: 4096,
    usedBy: STRATEGY_IDS,
  },
]

/** The strategies, as the interface and `--help` show them. */
export const STRATEGIES: readonly { readonly id: StrategyId; readonly name: string; readonly description: string }[] = [
  {
    id: 'greedy-decoding',
    name: 'Greedy decoding',
    description: 'Always the most probable token; no reward model.',
  },
  {
    id: 'sampling',
    name: 'Sampling, majority',
    description: 'n sampled responses; what most of them vote for (self-consistency); no reward model.',
  },
  {
    id: 'best-of-n',
    name: 'Best of N',
    description: 'n sampled responses; the one the reward model scores highest.',
  },
  {
    id: 'greedy-tree',
    name: 'Greedy tree search',
    description: 'Each round m proposals from one path; the reward model keeps the best.',
  },
  {
    id: 'beam',
    name: 'Beam search',
    description: 'Each round n proposals; the reward model keeps the best n / m paths.',
  },
  {
    id: 'lookahead',
    name: 'Lookahead search',
    description: 'Beam search whose proposals are rolled out k greedy steps before they are scored.',
  },
]

/** A strategy's name for a person. */
export function strategyName(id: StrategyId): string {
  return STRATEGIES.find((strategy) => strategy.id === id)?.name ?? id
}

/** Every setting at its default. */
export const DEFAULT_CONFIG: StrategyConfig = Object.fromEntries(
  SETTINGS.map((setting) => [setting.key, setting.default]),
) as unknown as StrategyConfig

/** Does this strategy ask the reward model? */
export function usesRewardModel(strategy: StrategyId): boolean {
  return SCORED.includes(strategy)
}

/** Is the answer chosen by votes? Sampling always counts them. */
export function choosesByVote({ strategy, config }: Pick<RunSetup, 'strategy' | 'config'>): boolean {
  if (strategy === 'sampling') return true
  const [answerBy] = SETTINGS.filter(({ key }) => key === 'answerBy')
  return config.answerBy !== 'score' && answerBy?.usedBy.includes(strategy) === true
}

/** Throws a StepscopeError `bad-setting` that names the field, what was expected and found. */
export function checkSetup(setup: Pick<RunSetup, 'strategy' | 'config' | 'seed'>): void {
  const { strategy, config, seed } = setup
  if (!STRATEGY_IDS.includes(strategy)) {
    throw badSetting('strategy', 'There is no such strategy', STRATEGY_IDS.join(', '), strategy)
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw badSetting('seed', 'The seed cannot be used', 'a whole number from 0 to 4294967295', seed)
  }
  for (const setting of SETTINGS) checkSetting(setting, config[setting.key])
  const { n, m } = config
  if ((strategy === 'beam' || strategy === 'lookahead') && n % m !== 0) {
    throw badSetting(
      'n',
      `n = ${n} is not divisible by m = ${m}, so the n / m kept paths would not be a whole number`,
      `a multiple of ${m}`,
      n,
    )
  }
}

/** Throws as `checkSetup`. */
export function checkSetting(setting: Setting, value: unknown): void {
  const message = `The setting cannot be used`
  if (setting.kind === 'choice') {
    const choices = setting.choices.map(({ id }) => id)
    if (!choices.includes(value as string)) throw badSetting(setting.key, message, choices.join(', '), value)
    return
  }
  const { kind, min, max, key } = setting
  const fits =
    typeof value === 'number' &&
    value >= min &&
    value <= max &&
    (kind === 'number' || Number.isInteger(value)) &&
    !(key === 'topP' && value === 0)
  if (!fits) throw badSetting(key, message, describeRange(setting), value)
}

/** `a whole number from 1 to 1024`. */
export function describeRange(setting: Setting): string {
  if (setting.kind === 'choice') return setting.choices.map(({ id }) => id).join(', ')
  if (setting.key === 'topP') return 'a number above 0, at most 1'
  return `a ${setting.kind === 'integer' ? 'whole ' : ''}number from ${setting.min} to ${setting.max}`
}

function badSetting(field: string, message: string, expected: string, found: unknown): StepscopeError {
  return new StepscopeError({ code: 'bad-setting', message, expected, found: String(found), place: { field } })
}
