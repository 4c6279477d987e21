import type { StrategyConfig, StrategyId } from '../search/settings.ts'
import { DEFAULT_CONFIG, SETTING_NAMES, usesSetting } from '../search/settings.ts'
import type { SweepConfig, SweepLine, VariedSetting } from './config.ts'
import { budgetOf, usedSettings, VARIED_SETTINGS } from './config.ts'

/** One search on every problem: a point of the pictures, but for its models and its seed. */
export interface SweepSearch {
  /** `beam:n=16:m=4`: its strategy and the settings that differ from the defaults. */
  readonly name: string
  readonly strategy: StrategyId
  /** Those that the strategy uses, but for ones that are the reward model’s to say. */
  readonly config: Partial<StrategyConfig>
  /** What it may spend; null where nothing says so. */
  readonly budget: number | null
}

/** Searches of a config, each once, in the order of its lines, then variations, then budgets. */
export function searchesOf({ lines, vary, budgets }: Pick<SweepConfig, 'lines' | 'vary' | 'budgets'>): SweepSearch[] {
  const found = new Map<string, SweepSearch>()
  for (const line of lines) {
    for (const config of variationsOf(line, vary)) {
      for (const budget of budgetOf(line.strategy) === null ? [null] : budgets) {
        const search = searchOf(line.strategy, config, budget)
        if (!found.has(search.name)) found.set(search.name, search)
      }
    }
  }
  return [...found.values()]
}

/** A line with every combination of the values that its strategy's settings take. */
function variationsOf({ strategy, config }: SweepLine, vary: SweepConfig['vary']): Partial<StrategyConfig>[] {
  const budget = budgetOf(strategy)
  const varied = VARIED_SETTINGS.filter(
    (name) => name !== budget && usesSetting(strategy, name) && (vary[name]?.length ?? 0) > 0,
  )
  return varied.reduce<Partial<StrategyConfig>[]>(
    (made, name: VariedSetting) => {
      const values: readonly unknown[] = vary[name] ?? []
      return made.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
    },
    [config],
  )
}

function searchOf(strategy: StrategyId, given: Partial<StrategyConfig>, budget: number | null): SweepSearch {
  const setting = budgetOf(strategy)
  const spent = setting === null || budget === null ? given : { ...given, [setting]: budget }
  const config = usedSettings(strategy, withDivisor(strategy, spent))
  const differing = SETTING_NAMES.filter(
    (name) => config[name] !== undefined && (name === setting || config[name] !== DEFAULT_CONFIG[name]),
  )
  return {
    name: [strategy, ...differing.map((name) => `${name}=${config[name]}`)].join(':'),
    strategy,
    config,
    budget,
  }
}

/** Children per path such that they divide n: the largest number that does and is not above what was asked for. */
function withDivisor(strategy: StrategyId, config: Partial<StrategyConfig>): Partial<StrategyConfig> {
  if (!usesSetting(strategy, 'n') || !usesSetting(strategy, 'm')) return config
  const { n, m } = { ...DEFAULT_CONFIG, ...config }
  let divisor = Math.max(1, Math.min(n, m))
  while (n % divisor !== 0) divisor -= 1
  return { ...config, m: divisor }
}

/** Results that a sweep has when it is whole. */
export function resultCount(config: SweepConfig, problems: number): number {
  return searchesOf(config).length * config.models.length * config.seeds.length * problems
}
