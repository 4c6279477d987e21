import type { ModelInfo } from '../../search/models.ts'
import type { SweepConfig } from '../../sweep/config.ts'
import { searchesOf } from '../../sweep/plan.ts'
import type { SweepResult } from '../../sweep/result.ts'

/** Before a sweep: what it will take, about. */
export interface SweepEstimate {
  readonly searches: number
  readonly problems: number
  /** Results in all. */
  readonly results: number
  readonly tokens: number
  readonly flops: number
  /** Null where nothing says how fast this machine is. */
  readonly seconds: number | null
  /** Shares of the results whose cost was taken from searches of this browser; the rest is guessed from their budgets. */
  readonly measured: number
}

/** Tokens of a response and its scores, where nothing was measured yet. */
const GUESSED_TOKENS = 80

/**
 * What a config will cost: each search as it cost before, by its strategy and budget, where one was run on this task; else
 * by the budget, from what responses cost before. Shared samples are not taken off, so that it is an upper bound of them.
 * @param known results of this task, of this browser
 * @param tokensPerSecond both models, at the last looks
 */
export function estimateSweep(
  config: SweepConfig,
  problems: number,
  known: readonly SweepResult[],
  models: { readonly policy: ModelInfo } | null,
  tokensPerSecond: number | null,
): SweepEstimate {
  const means = meansOf(known)
  const perToken = known.length > 0 ? means.flopsPerToken : models ? 4 * models.policy.parameters : 0
  const searches = searchesOf(config)
  const repeats = config.models.length * config.seeds.length * problems
  let tokens = 0
  let seconds = 0
  let measured = 0
  for (const { name, budget } of searches) {
    const before = means.bySearch.get(name)
    if (before) measured += 1
    const its = before?.tokens ?? (budget ?? 1) * means.tokensPerBudget
    tokens += its * repeats
    seconds += (before?.seconds ?? (tokensPerSecond ? its / tokensPerSecond : its * means.secondsPerToken)) * repeats
  }
  return {
    searches: searches.length,
    problems,
    results: searches.length * repeats,
    tokens,
    flops: tokens * perToken,
    seconds: seconds > 0 ? seconds : null,
    measured: searches.length === 0 ? 0 : measured / searches.length,
  }
}

function meansOf(known: readonly SweepResult[]) {
  const sums = new Map<string, { tokens: number; seconds: number; count: number }>()
  let tokens = 0
  let flops = 0
  let seconds = 0
  let budgets = 0
  for (const result of known) {
    if (result.error !== undefined) continue
    const its = result.policyTokens + result.rewardTokens
    const sum = sums.get(result.search) ?? { tokens: 0, seconds: 0, count: 0 }
    sums.set(result.search, { tokens: sum.tokens + its, seconds: sum.seconds + result.seconds, count: sum.count + 1 })
    tokens += its
    flops += result.flops.policy + result.flops.reward
    seconds += result.seconds
    budgets += result.budget ?? 1
  }
  return {
    bySearch: new Map(
      [...sums].map(([name, sum]) => [name, { tokens: sum.tokens / sum.count, seconds: sum.seconds / sum.count }]),
    ),
    tokensPerBudget: budgets > 0 ? tokens / budgets : GUESSED_TOKENS,
    flopsPerToken: tokens > 0 ? flops / tokens : 0,
    secondsPerToken: tokens > 0 ? seconds / tokens : 0,
  }
}
