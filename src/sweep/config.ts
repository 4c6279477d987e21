import type { SettingName, StrategyConfig, StrategyId } from '../search/settings.ts'
import { strategyById, usesSetting } from '../search/settings.ts'
import type { Split } from '../tasks/split.ts'

/** Problems of the task's generator: the same choice, the same problems. */
export interface GeneratedProblems {
  readonly source: 'generated'
  readonly difficulty: string
  readonly count: number
  readonly seed: number
  readonly split: Split
}

/** Problems of a file, or of a saved set. */
export interface FileProblems {
  readonly source: 'file'
  /** For people; the command line reads this file, relative to the config's. */
  readonly file: string
  /** Of the problems; null where it was never known. */
  readonly hash: string | null
}

export type ProblemChoice = GeneratedProblems | FileProblems

/** A strategy with the settings in which it differs from the defaults. */
export interface SweepLine {
  readonly strategy: StrategyId
  readonly config: Partial<StrategyConfig>
}

/** Settings that take several values in one sweep, besides the budget: every strategy that uses one runs with each. */
export const VARIED_SETTINGS = ['answerBy', 'aggregation', 'm', 'lookahead', 'temperature'] as const
export type VariedSetting = (typeof VARIED_SETTINGS)[number]
export type Variations = { readonly [Name in VariedSetting]?: readonly StrategyConfig[Name][] }

/** The models of searches, by the ids or folders that whoever runs them knows. */
export interface ModelPairIds {
  readonly policy: string
  /** Null: none. */
  readonly reward: string | null
  /** What strategies ask that have whole responses judged, where it is another one than `reward`. */
  readonly outcome?: string
}

/** Every way to spend test-time compute that is to be compared: lines × variations × budgets × pairs × seeds × problems. */
export interface SweepConfig {
  readonly version: 1
  readonly task: string
  readonly problems: ProblemChoice
  readonly lines: readonly SweepLine[]
  /** What each strategy is given, one after the other, as its budget: see `budgetOf`. */
  readonly budgets: readonly number[]
  readonly vary: Variations
  readonly models: readonly ModelPairIds[]
  readonly seeds: readonly number[]
}

const BUDGETS = ['n', 'iterations', 'attempts', 'm'] as const satisfies readonly SettingName[]

/** The setting that says how much a strategy may spend; null where nothing does (greedy decoding). */
export function budgetOf(strategy: StrategyId): (typeof BUDGETS)[number] | null {
  return BUDGETS.find((name) => usesSetting(strategy, name)) ?? null
}

/** The settings of a configuration that its strategy uses: two with the same ones are the same search. */
export function usedSettings(strategy: StrategyId, config: Partial<StrategyConfig>): Partial<StrategyConfig> {
  const used = strategyById(strategy).settings
  return Object.fromEntries(Object.entries(config).filter(([name]) => used.includes(name as SettingName)))
}
