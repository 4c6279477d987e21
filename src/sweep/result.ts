import type { ErrorPlace } from '../core/errors.ts'
import type { StrategyConfig, StrategyId } from '../search/settings.ts'

/** One problem under one search, with one pair of models and one seed: a line of a sweep's results. */
export interface SweepResult {
  /** Its place in the sweep, the same whenever the sweep is run. */
  readonly key: string
  /** Name of its search in the plan. */
  readonly search: string
  /** Index of the problem in the set. */
  readonly problem: number
  readonly strategy: StrategyId
  /** As run, defaults included. */
  readonly config: StrategyConfig
  readonly budget: number | null
  /** Index of the models among the config's. */
  readonly pair: number
  /** Of the config; the problem's own seed follows from it (`itemSeed`). */
  readonly seed: number
  /** Null where nobody knows, or the search failed. */
  readonly correct: boolean | null
  readonly answer: string | null
  /** Executed, had this search been run alone. */
  readonly policyTokens: number
  readonly rewardTokens: number
  /** By an engine without a tree, both models. */
  readonly tokensAsked: number
  readonly flops: { readonly policy: number; readonly reward: number }
  /** By the clock, with whatever ran beside it. */
  readonly seconds: number
  /** The samples that it was read from; null where it was run by itself. */
  readonly shared: string | null
  /** Finished paths, and those among them that are right: pass@k and oracle. */
  readonly finished: number
  readonly passes: number | null
  readonly error?: { readonly message: string; readonly place?: ErrorPlace }
}

/** What was executed for a sweep, against what its results would have cost alone. */
export interface SweepLedger {
  readonly executed: { readonly policyTokens: number; readonly rewardTokens: number; readonly flops: number }
  readonly alone: { readonly policyTokens: number; readonly rewardTokens: number; readonly flops: number }
}

export function resultKey(search: string, pair: number, seed: number, problem: number): string {
  return `${search}|${pair}|${seed}|${problem}`
}
