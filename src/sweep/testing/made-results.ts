import { RandomStream } from '../../core/random.ts'
import type { StrategyConfig, StrategyId } from '../../search/settings.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { budgetOf } from '../config.ts'
import type { SweepResult } from '../result.ts'
import { resultKey } from '../result.ts'

/** What a made result is of; the rest follows. */
export interface MadeResult {
  readonly strategy: StrategyId
  readonly budget?: number
  readonly config?: Partial<StrategyConfig>
  readonly problem?: number
  readonly pair?: number
  readonly seed?: number
  readonly correct: boolean | null
  /** FLOPs of both models; the reward model has a quarter of them. */
  readonly flops?: number
  readonly seconds?: number
  readonly passes?: number | null
  readonly error?: string
}

/** A result as a sweep writes it. */
export function madeResult(made: MadeResult): SweepResult {
  const { strategy, problem = 0, pair = 0, seed = 1, correct, flops = 1000, seconds = 1, passes, error } = made
  const setting = budgetOf(strategy)
  const budget = setting === null ? null : (made.budget ?? 1)
  const given = { ...made.config, ...(setting === null ? {} : { [setting]: budget }) }
  const search = [strategy, ...Object.entries(given).map(([name, value]) => `${name}=${value}`)].join(':')
  return {
    key: resultKey(search, pair, seed, problem),
    search,
    problem,
    strategy,
    config: { ...DEFAULT_CONFIG, ...given },
    budget,
    pair,
    seed,
    correct,
    answer: correct === null ? null : String(problem),
    policyTokens: flops / 100,
    rewardTokens: flops / 200,
    tokensAsked: flops / 10,
    flops: { policy: 0.75 * flops, reward: 0.25 * flops },
    seconds,
    shared: null,
    finished: budget ?? 1,
    passes: passes === undefined ? (correct ? 1 : 0) : passes,
    ...(error === undefined ? {} : { error: { message: error } }),
  }
}

const STRATEGIES = [
  'sampling',
  'weighted-vote-prm',
  'best-of-n-prm',
  'best-of-n-orm',
  'beam',
  'dvts',
  'rebase',
] as const

/**
 * A sweep of seven strategies under seven budgets, drawn at random from one seed: problems are of different difficulty, and
 * more budget helps.
 * @param problems of one seed and one pair of models: 49 results each
 */
export function madeSweep(problems: number): SweepResult[] {
  const random = new RandomStream(7)
  const results: SweepResult[] = []
  for (let problem = 0; problem < problems; problem++) {
    const ease = random.next()
    for (const [index, strategy] of STRATEGIES.entries()) {
      for (let budget = 1; budget <= 64; budget *= 2) {
        const m = Math.min(4, budget)
        const passes = Array.from({ length: budget }, () => random.next() < ease).filter((right) => right).length
        const chance = 1 - (1 - ease) ** (1 + ((index + 2) / 9) * Math.log2(budget))
        results.push(
          madeResult({
            ...{ strategy, budget, problem, passes, config: { m } },
            correct: random.next() < chance,
            flops: budget * 1e6 * (1 + index / 3) * (0.8 + 0.4 * random.next()),
            seconds: budget / 100,
          }),
        )
      }
    }
  }
  return results
}
