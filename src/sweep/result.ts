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
  /** Its part of the time by the clock, in which other searches ran beside it; as if it had drawn its own samples. */
  readonly seconds: number
  /** Its samples, where other searches of the sweep are read from the same ones; null where it has them for itself. */
  readonly shared: string | null
  /** What was executed for it, where that is less than it would have been alone: another search had drawn its samples. */
  readonly executed?: SweepCost
  /** Finished paths, and those among them that are right: pass@k and oracle. */
  readonly finished: number
  readonly passes: number | null
  readonly error?: { readonly message: string; readonly place?: ErrorPlace }
}

/** Of both models. */
export interface SweepCost {
  readonly policyTokens: number
  readonly rewardTokens: number
  readonly flops: number
}

/** What was executed for a sweep, against what its searches would have cost had each been run alone. */
export interface SweepLedger {
  readonly searches: number
  readonly executed: SweepCost
  readonly alone: SweepCost
}

/** The account of a sweep, or of a part of it. */
export function ledgerOf(results: Iterable<SweepResult>): SweepLedger {
  let searches = 0
  let executed: SweepCost = { policyTokens: 0, rewardTokens: 0, flops: 0 }
  let alone = executed
  for (const result of results) {
    searches += 1
    const cost = costOf(result)
    alone = addCosts(alone, cost)
    executed = addCosts(executed, result.executed ?? cost)
  }
  return { searches, executed, alone }
}

/** What a result cost, or would have cost alone. */
function costOf({ policyTokens, rewardTokens, flops }: SweepResult): SweepCost {
  return { policyTokens, rewardTokens, flops: flops.policy + flops.reward }
}

function addCosts(a: SweepCost, b: SweepCost): SweepCost {
  return {
    policyTokens: a.policyTokens + b.policyTokens,
    rewardTokens: a.rewardTokens + b.rewardTokens,
    flops: a.flops + b.flops,
  }
}

export function resultKey(search: string, pair: number, seed: number, problem: number): string {
  return `${search}|${pair}|${seed}|${problem}`
}
