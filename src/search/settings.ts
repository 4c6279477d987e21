/**
 * The settings of the strategies, and the strategies: the one place that describes them. The types, the schema of files
 * with its defaults, links, the command line's options and the form all derive from these two tables. A new setting is an
 * entry of `SETTINGS`, its name in the strategies that use it, and their use of it.
 */
import { AGGREGATION_TITLES } from './aggregate.ts'

interface Described {
  readonly name: string
  /** One sentence. */
  readonly description: string
  /** Most searches never change it: the form folds it away. */
  readonly rare?: true
}

export interface NumberSetting extends Described {
  readonly kind: 'integer' | 'number'
  /** What runs and links without it have: what searches did before the setting was there. */
  readonly default: number
  /** Included, unless `minExcluded`. */
  readonly min: number
  readonly minExcluded?: true
  /** Included. */
  readonly max: number
  /** A number above `max` means nothing (a probability); others are only too much, and are told under their field. */
  readonly maxByNature?: true
  /** Of the form's field. */
  readonly step?: number
  /** Values that the form's buttons go through. */
  readonly stops?: readonly number[]
}

export interface ChoiceSetting extends Described {
  readonly kind: 'choice'
  /** As a number's; an id of `choices`. */
  readonly default: string
  readonly choices: readonly { readonly id: string; readonly name: string; readonly description: string }[]
}

export type Setting = NumberSetting | ChoiceSetting

const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const

/** Every setting by its name in files and links, in the order in which it is shown. */
export const SETTINGS = {
  n: {
    name: 'Proposals (n)',
    description: 'Proposals per round in all; for votes and best-of-N, the number of responses.',
    kind: 'integer',
    default: 16,
    min: 1,
    max: 1024,
    stops: POWERS,
  },
  m: {
    name: 'Children (m)',
    description: 'Proposals from each kept step; n / m paths are kept each round.',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 1024,
    stops: POWERS,
  },
  balance: {
    name: 'Balance (T)',
    description:
      'Temperature of the softmax that shares the next proposals: low gives them to the best path, high to all.',
    kind: 'number',
    default: 0.2,
    min: 0,
    minExcluded: true,
    max: 100,
    step: 0.1,
  },
  lookahead: {
    name: 'Lookahead (k)',
    description: 'Further greedy steps a proposal is rolled out before it is scored; 0 is beam search.',
    kind: 'integer',
    default: 1,
    min: 0,
    max: 40,
  },
  iterations: {
    name: 'Iterations',
    description: 'Ways down the tree, at most; each evaluates one more step.',
    kind: 'integer',
    default: 32,
    min: 1,
    max: 4096,
    stops: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  },
  attempts: {
    name: 'Attempts',
    description: 'Responses one after the other, at most; each but the first revises the one before.',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 1024,
    stops: [1, 2, 4, 8, 16, 32, 64],
  },
  waits: {
    name: 'Waits (r)',
    description:
      'How often an end that comes too early is replaced by the task’s “Wait” step; then the next end stands.',
    kind: 'integer',
    default: 1,
    min: 0,
    max: 64,
  },
  minTokens: {
    name: 'Tokens, at least',
    description: 'An end before so many tokens of the response comes too early; 0 lets every end stand.',
    kind: 'integer',
    default: 64,
    min: 0,
    max: 100_000,
    stops: [0, 32, 64, 128, 256, 512, 1024, 4096],
  },
  maxTokens: {
    name: 'Tokens, at most',
    description: 'After the step that reaches so many tokens the answer is asked for; 0 never asks.',
    kind: 'integer',
    default: 512,
    min: 0,
    max: 100_000,
    stops: [0, 32, 64, 128, 256, 512, 1024, 4096],
  },
  rolloutWeight: {
    name: 'Rollout weight (λ)',
    description:
      'Of a step’s value: 0 is the reward model’s score, 1 the outcome of a greedy rollout, between is a mix.',
    kind: 'number',
    default: 0,
    min: 0,
    max: 1,
    maxByNature: true,
    step: 0.1,
  },
  treeAnswer: {
    name: 'Answer by',
    description: 'How the answer is chosen among the finished paths of the tree.',
    kind: 'choice',
    default: 'value',
    choices: [
      { id: 'value', name: 'Highest value', description: 'The finished path with the highest value.' },
      { id: 'visits', name: 'Most visits', description: 'From the problem always the step with most visits.' },
      {
        id: 'weighted-vote',
        name: 'Weighted vote',
        description: 'What the finished paths with the highest summed score are for; the best of them is shown.',
      },
    ],
  },
  explorationInit: {
    name: 'Exploration',
    description:
      'How much a likely step that has few visits is preferred (c_init of PUCT); 0 follows the values alone.',
    kind: 'number',
    default: 1.25,
    min: 0,
    max: 100,
    step: 0.25,
    rare: true,
  },
  explorationBase: {
    name: 'Exploration base',
    description: 'Visits at which exploration begins to grow (c_base of PUCT).',
    kind: 'number',
    default: 19652,
    min: 1,
    max: 100_000_000,
    rare: true,
  },
  widening: {
    name: 'Widening',
    description: 'A step with N visits has had m · N^widening proposals; 0 draws m once.',
    kind: 'number',
    default: 0,
    min: 0,
    max: 1,
    maxByNature: true,
    step: 0.1,
    rare: true,
  },
  settle: {
    name: 'Settled after',
    description: 'Stops when the leading answer has stayed the same for this many iterations; 0 never does.',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 4096,
    rare: true,
  },
  aggregation: {
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
  },
  answerBy: {
    name: 'Answer by',
    description: 'How the answer is chosen among the finished paths.',
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
  },
  voteStop: {
    name: 'Stop of votes',
    description: 'How many responses are drawn to the end where the answer is chosen by votes.',
    kind: 'choice',
    default: 'all',
    choices: [
      { id: 'all', name: 'All responses', description: 'Every response is drawn to its end before votes are counted.' },
      {
        id: 'decided',
        name: 'When decided',
        description:
          'Sampling stops once the responses that are left cannot change the vote: the same answer, for less.',
      },
      {
        id: 'ahead',
        name: 'When ahead',
        description: 'Sampling stops once the leading answer is ahead of the next by the lead; the answer may differ.',
      },
    ],
    rare: true,
  },
  voteLead: {
    name: 'Lead',
    description:
      'Votes, or summed scores, that the leading answer must be ahead of the next, where votes stop when ahead.',
    kind: 'number',
    default: 4,
    min: 0,
    minExcluded: true,
    max: 1024,
    step: 1,
    rare: true,
  },
  voteBatch: {
    name: 'Responses at once',
    description: 'Responses drawn side by side before votes are counted again; 0 draws all n together.',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 1024,
    rare: true,
  },
  temperature: {
    name: 'Temperature',
    description: 'Spread of the sampled steps: 1 follows the policy, lower is bolder, 0 is greedy.',
    kind: 'number',
    default: 1,
    min: 0,
    max: 10,
    step: 0.1,
  },
  topP: {
    name: 'Top-p',
    description: 'Samples only from the smallest set of tokens with this probability in all; 1 takes every token.',
    kind: 'number',
    default: 1,
    min: 0,
    max: 1,
    minExcluded: true,
    maxByNature: true,
    step: 0.05,
    rare: true,
  },
  topK: {
    name: 'Top-k',
    description: 'Samples only from this many most probable tokens; 0 takes every token.',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    rare: true,
  },
  maxRounds: {
    name: 'Rounds',
    description: 'Steps on a path, at most; the search stops there.',
    kind: 'integer',
    default: 40,
    min: 1,
    max: 1000,
    rare: true,
  },
  maxStepTokens: {
    name: 'Tokens per step',
    description: 'Tokens of one step, at most; a step that is longer is cut and ends its path.',
    kind: 'integer',
    default: 64,
    min: 1,
    max: 4096,
    rare: true,
  },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof SETTINGS

type ValueOf<S extends Setting> = S extends ChoiceSetting ? S['choices'][number]['id'] : number

/** The settings of every strategy; one that does not use a setting ignores it. */
export type StrategyConfig = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> }

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

export function settingOf(name: SettingName): Setting {
  return SETTINGS[name]
}

/** Every setting at its default. */
export const DEFAULT_CONFIG = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, SETTINGS[name].default]),
) as StrategyConfig

/** What settings cannot be together, for strategies that use all of them. */
interface Constraint {
  readonly between: readonly SettingName[]
  /** The setting that is told to be wrong. */
  readonly field: SettingName
  /** What is wrong, and what would be right; null where all is well. */
  check(config: StrategyConfig): { readonly message: string; readonly expected: string } | null
}

export const CONSTRAINTS: readonly Constraint[] = [
  {
    between: ['n', 'm'],
    field: 'n',
    check: ({ n, m }) =>
      n % m === 0
        ? null
        : {
            message: `n = ${n} is not divisible by m = ${m}, so the n / m kept paths would not be a whole number`,
            expected: `a multiple of ${m}`,
          },
  },
  {
    between: ['minTokens', 'maxTokens'],
    field: 'minTokens',
    check: ({ minTokens, maxTokens }) =>
      maxTokens === 0 || minTokens <= maxTokens
        ? null
        : {
            message: `A response cannot have at least ${minTokens} and at most ${maxTokens} tokens`,
            expected: `${maxTokens} or fewer, or a higher limit`,
          },
  },
]

/** A strategy, as the interface and `--help` show it. */
interface StrategyDescription {
  readonly name: string
  /** One sentence. */
  readonly description: string
  /** What it asks the reward model to judge; null where it asks none. */
  readonly judges: 'steps' | 'responses' | null
  /** How it chooses the answer, where that is what it is. Others go by `answerBy`, where they use it, else by the best score. */
  readonly answerBy?: StrategyConfig['answerBy']
  /** What one of its rounds is called, where that is not a round, and the setting that says how many there are at most. */
  readonly rounds?: { readonly word: string; readonly most: SettingName }
  /** The settings that it uses; it ignores the others. */
  readonly settings: readonly SettingName[]
}

const LIMITS = ['maxRounds', 'maxStepTokens'] as const
const SAMPLED = ['temperature', 'topP', 'topK', ...LIMITS] as const
const BEAM = ['n', 'm', 'aggregation', 'answerBy', ...SAMPLED] as const
const STOPPED_VOTE = ['voteStop', 'voteLead', 'voteBatch', ...SAMPLED] as const

/** The strategies by id, in the order in which they are shown; `run-search.ts` has what each does. */
export const STRATEGIES = {
  'greedy-decoding': {
    name: 'Greedy decoding',
    description: 'Always the most probable token; no reward model.',
    judges: null,
    settings: LIMITS,
  },
  sampling: {
    name: 'Majority vote',
    description: 'n sampled responses; what most of them vote for (self-consistency); no reward model.',
    judges: null,
    answerBy: 'majority',
    settings: ['n', ...STOPPED_VOTE],
  },
  'weighted-vote-prm': {
    name: 'Weighted vote, PRM',
    description: 'n sampled responses, every step scored; what those with the highest summed path scores vote for.',
    judges: 'steps',
    answerBy: 'weighted-vote',
    settings: ['n', 'aggregation', ...STOPPED_VOTE],
  },
  'weighted-vote-orm': {
    name: 'Weighted vote, ORM',
    description:
      'n sampled responses, each judged once as a whole; what those with the highest summed scores vote for.',
    judges: 'responses',
    answerBy: 'weighted-vote',
    settings: ['n', ...SAMPLED],
  },
  'best-of-n-prm': {
    name: 'Best of N, PRM',
    description: 'n sampled responses, every step scored; the one with the highest path score.',
    judges: 'steps',
    answerBy: 'score',
    settings: ['n', 'aggregation', ...SAMPLED],
  },
  'best-of-n-orm': {
    name: 'Best of N, ORM',
    description: 'n sampled responses, each judged once as a whole; the one with the highest score.',
    judges: 'responses',
    answerBy: 'score',
    settings: ['n', ...SAMPLED],
  },
  'greedy-tree': {
    name: 'Greedy tree search',
    description: 'Each round m proposals from one path; the reward model keeps the best.',
    judges: 'steps',
    settings: ['m', 'aggregation', ...SAMPLED],
  },
  beam: {
    name: 'Beam search',
    description: 'Each round n proposals; the reward model keeps the best n / m paths.',
    judges: 'steps',
    settings: BEAM,
  },
  dvts: {
    name: 'Diverse tree search (DVTS)',
    description: 'n / m independent subtrees, each searched greedily with m proposals a round.',
    judges: 'steps',
    settings: BEAM,
  },
  rebase: {
    name: 'REBASE',
    description: 'Each round n proposals, shared among all open paths by their scores; finished paths lower n.',
    judges: 'steps',
    settings: ['n', 'balance', 'aggregation', 'answerBy', ...SAMPLED],
  },
  lookahead: {
    name: 'Lookahead search',
    description: 'Beam search whose proposals are rolled out k greedy steps before they are scored.',
    judges: 'steps',
    settings: [...BEAM, 'lookahead'],
  },
  mcts: {
    name: 'Monte Carlo tree search',
    description: 'Again and again down the tree to a new step, by value and exploration; its value is backed up.',
    judges: 'steps',
    rounds: { word: 'Iteration', most: 'iterations' },
    settings: [
      ...['iterations', 'm', 'rolloutWeight', 'aggregation', 'treeAnswer'],
      ...['explorationInit', 'explorationBase', 'widening', 'settle'],
      ...SAMPLED,
    ],
  },
  revision: {
    name: 'Sequential revision',
    description:
      'One response after the other; each goes on from before the step where the last one’s score fell most.',
    judges: 'steps',
    rounds: { word: 'Attempt', most: 'attempts' },
    settings: ['attempts', 'aggregation', ...SAMPLED],
  },
  'budget-forcing': {
    name: 'Budget forcing',
    description:
      'One response; an end that comes too early is replaced by “Wait”, and at the token limit the answer is asked for; no reward model.',
    judges: null,
    settings: ['waits', 'minTokens', 'maxTokens', ...SAMPLED],
  },
} as const satisfies Readonly<Record<string, StrategyDescription>>

export type StrategyId = keyof typeof STRATEGIES

export const STRATEGY_IDS = Object.keys(STRATEGIES) as [StrategyId, ...StrategyId[]]

export function strategyById(id: StrategyId): StrategyDescription {
  return STRATEGIES[id]
}

/** A strategy's name for a person. */
export function strategyName(id: StrategyId): string {
  return strategyById(id).name
}

/** What a strategy's rounds are called, with a capital, and how many there are at most. */
export function roundsOf({ strategy, config }: ConfiguredStrategy): { readonly word: string; readonly most: number } {
  const { word, most } = strategyById(strategy).rounds ?? { word: 'Round', most: 'maxRounds' }
  return { word, most: Number(config[most]) }
}

/** Whether a strategy asks the reward model. */
export function usesRewardModel(id: StrategyId): boolean {
  return strategyById(id).judges !== null
}

/** Whether a strategy has whole responses judged, each once, in place of every step. */
export function judgesResponses(id: StrategyId): boolean {
  return strategyById(id).judges === 'responses'
}

/** Whether a setting changes what a strategy does. */
export function usesSetting(strategy: StrategyId, setting: SettingName): boolean {
  return strategyById(strategy).settings.includes(setting)
}

/** A strategy and its settings, as a run has them. */
interface ConfiguredStrategy {
  readonly strategy: StrategyId
  readonly config: StrategyConfig
}

/**
 * What should be known of a strategy with a reward model of this kind, one sentence; null where it asks what the model was
 * trained to say.
 */
export function judgingRemark(strategy: StrategyId, kind: 'process' | 'outcome' | undefined): string | null {
  const { judges } = strategyById(strategy)
  if (judges === 'steps' && kind === 'outcome') {
    return 'The reward model is an ORM, trained on whole responses: here it is asked after every step.'
  }
  if (judges === 'responses' && kind === 'process') {
    return 'The reward model is a PRM: of its scores only the one after the last step is read.'
  }
  return null
}

/** How the answer is chosen among the finished paths. */
export function answerRule({ strategy, config }: ConfiguredStrategy): StrategyConfig['answerBy'] {
  const { answerBy } = strategyById(strategy)
  if (usesSetting(strategy, 'treeAnswer')) return config.treeAnswer === 'weighted-vote' ? 'weighted-vote' : 'score'
  return answerBy ?? (usesSetting(strategy, 'answerBy') ? config.answerBy : 'score')
}

/** Whether paths are clustered by what they vote for. */
export function choosesByVote(setup: ConfiguredStrategy): boolean {
  return answerRule(setup) !== 'score'
}

/** How step scores become the score of a path: where whole responses are judged, their one score is the path's. */
export function aggregationOf({ strategy, config }: ConfiguredStrategy): StrategyConfig['aggregation'] {
  return judgesResponses(strategy) ? 'last' : config.aggregation
}
