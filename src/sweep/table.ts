import { groupedRate } from '../core/statistics.ts'
import type { StrategyConfig, StrategyId } from '../search/settings.ts'
import type { SweepResult } from './result.ts'

/** What a search costs on a problem, on average, had it been run alone. */
export interface MeanCost {
  /** Both models. */
  readonly flops: number
  readonly policyFlops: number
  readonly rewardFlops: number
  /** Executed, both models. */
  readonly tokens: number
  /** An engine without a tree would have executed, both models. */
  readonly tokensAsked: number
  /** By the clock, with whatever ran beside it. */
  readonly seconds: number
}

/** A share of right answers with its 95 % interval: Wilson's, clustered by problem where there are several seeds. */
export interface Rate {
  readonly rate: number
  readonly interval: readonly [low: number, high: number]
}

/** One search with one pair of models, over all problems and seeds: a point of the pictures, a row of the table. */
export interface SweepPoint {
  readonly id: string
  /** Name of its search in the plan. */
  readonly search: string
  readonly strategy: StrategyId
  /** As run, defaults included. */
  readonly config: StrategyConfig
  readonly budget: number | null
  /** Index of the models among the config's. */
  readonly pair: number
  /** Null where no result is judged. */
  readonly accuracy: Rate | null
  /** Share of problems with a right response among the finished ones: what a perfect choice would reach. */
  readonly oracle: Rate | null
  /** Problems with a judged result, and those results: more than problems where there are several seeds. */
  readonly problems: number
  readonly judged: number
  /** Results that are there, those that failed included. */
  readonly results: number
  readonly errors: number
  /** Of results that did not fail; null where there are none. */
  readonly cost: MeanCost | null
}

/** Right or wrong by problem, then by seed: what comparisons pair. */
export type Outcomes = ReadonlyMap<number, ReadonlyMap<number, boolean>>

const NOTHING: Outcomes = new Map()

/**
 * The table of a sweep's results. Results are added as they come, each once by its key; only points that got new ones are
 * counted again, and the others stay the same objects.
 */
export class SweepTable {
  private readonly known = new Set<string>()
  private readonly tallies = new Map<string, Tally>()
  private current: readonly SweepPoint[] | null = []

  add(results: Iterable<SweepResult>): void {
    for (const result of results) {
      if (this.known.has(result.key)) continue
      this.known.add(result.key)
      const id = pointId(result)
      let tally = this.tallies.get(id)
      if (tally === undefined) {
        tally = new Tally(id, result)
        this.tallies.set(id, tally)
      }
      tally.add(result)
      this.current = null
    }
  }

  /** In the order in which their first results came. */
  get points(): readonly SweepPoint[] {
    this.current ??= [...this.tallies.values()].map((tally) => tally.point)
    return this.current
  }

  /** Of one point; nothing for one that is not there. */
  outcomes(id: string): Outcomes {
    return this.tallies.get(id)?.outcomes ?? NOTHING
  }
}

export function tableOf(results: Iterable<SweepResult>): SweepTable {
  const table = new SweepTable()
  table.add(results)
  return table
}

/** The point that a result belongs to. */
export function pointId({ search, pair }: Pick<SweepResult, 'search' | 'pair'>): string {
  return `${search}|${pair}`
}

class Tally {
  readonly outcomes = new Map<number, Map<number, boolean>>()
  private readonly reached = new Map<number, { successes: number; trials: number }>()
  private readonly sums = { policyFlops: 0, rewardFlops: 0, tokens: 0, tokensAsked: 0, seconds: 0 }
  private results = 0
  private errors = 0
  private counted: SweepPoint | null = null
  private readonly id: string
  private readonly first: SweepResult

  constructor(id: string, first: SweepResult) {
    this.id = id
    this.first = first
  }

  add(result: SweepResult): void {
    this.counted = null
    this.results += 1
    if (result.error !== undefined) {
      this.errors += 1
      return
    }
    this.sums.policyFlops += result.flops.policy
    this.sums.rewardFlops += result.flops.reward
    this.sums.tokens += result.policyTokens + result.rewardTokens
    this.sums.tokensAsked += result.tokensAsked
    this.sums.seconds += result.seconds
    if (result.correct === null) return
    const seeds = this.outcomes.get(result.problem) ?? new Map<number, boolean>()
    this.outcomes.set(result.problem, seeds.set(result.seed, result.correct))
    if (result.passes === null) return
    const { successes, trials } = this.reached.get(result.problem) ?? { successes: 0, trials: 0 }
    this.reached.set(result.problem, { successes: successes + (result.passes > 0 ? 1 : 0), trials: trials + 1 })
  }

  get point(): SweepPoint {
    this.counted ??= this.count()
    return this.counted
  }

  private count(): SweepPoint {
    const groups = [...this.outcomes.values()].map((seeds) => ({
      successes: [...seeds.values()].filter((correct) => correct).length,
      trials: seeds.size,
    }))
    const { search, strategy, config, budget, pair } = this.first
    return {
      ...{ id: this.id, search, strategy, config, budget, pair },
      accuracy: groups.length === 0 ? null : groupedRate(groups),
      oracle: this.reached.size === 0 ? null : groupedRate([...this.reached.values()]),
      problems: groups.length,
      judged: groups.reduce((sum, { trials }) => sum + trials, 0),
      results: this.results,
      errors: this.errors,
      cost: this.meanCost(),
    }
  }

  private meanCost(): MeanCost | null {
    const ran = this.results - this.errors
    if (ran === 0) return null
    const { policyFlops, rewardFlops, tokens, tokensAsked, seconds } = this.sums
    return {
      flops: (policyFlops + rewardFlops) / ran,
      policyFlops: policyFlops / ran,
      rewardFlops: rewardFlops / ran,
      tokens: tokens / ran,
      tokensAsked: tokensAsked / ran,
      seconds: seconds / ran,
    }
  }
}
