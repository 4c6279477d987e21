import type { StrategyConfig, StrategyId } from './settings.ts'
import { STRATEGY_IDS } from './settings.ts'

/** What strategies were once called: files, links and commands may still say so. */
export const EARLIER_STRATEGY_IDS = ['best-of-n'] as const

type EarlierStrategyId = (typeof EARLIER_STRATEGY_IDS)[number]

/** A strategy by the id that a text names; undefined where there was never one. */
export function namedStrategy(text: string): StrategyId | EarlierStrategyId | undefined {
  return [...STRATEGY_IDS, ...EARLIER_STRATEGY_IDS].find((id) => id === text)
}

/**
 * A strategy as it is called today. Best-of-N once had its answer chosen by votes where `answerBy` said so; these votes are
 * strategies of their own now.
 */
export function todaysStrategy<
  T extends { readonly strategy: StrategyId | EarlierStrategyId; readonly config: Partial<StrategyConfig> },
>(configured: T): Omit<T, 'strategy'> & { readonly strategy: StrategyId } {
  const { strategy, config } = configured
  return { ...configured, strategy: strategy === 'best-of-n' ? BEST_OF_N[config.answerBy ?? 'score'] : strategy }
}

const BEST_OF_N: Readonly<Record<StrategyConfig['answerBy'], StrategyId>> = {
  score: 'best-of-n-prm',
  'weighted-vote': 'weighted-vote-prm',
  majority: 'sampling',
}
