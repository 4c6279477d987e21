import { bootstrapRatio } from '../core/bootstrap.ts'
import { passAtK } from '../core/statistics.ts'
import type { StrategyId } from '../search/settings.ts'
import { usesSetting } from '../search/settings.ts'
import type { SweepResult } from './result.ts'
import type { MeanCost, Rate, SweepTable } from './table.ts'

/** Strategies whose responses are samples of the policy, drawn without a word of the reward model. */
const SAMPLED: readonly StrategyId[] = [
  'sampling',
  'weighted-vote-prm',
  'weighted-vote-orm',
  'best-of-n-prm',
  'best-of-n-orm',
]

/** Right ones among the samples of a problem. */
interface Samples {
  readonly passes: number
  readonly trials: number
}

/** The number of plain samples that a result was read from; null where the reward model, or a stop of votes, had a say. */
function samplesOf({ strategy, config, passes, error }: SweepResult): Samples | null {
  if (!SAMPLED.includes(strategy) || passes === null || error !== undefined) return null
  if (usesSetting(strategy, 'voteStop') && config.voteStop !== 'all') return null
  return { passes, trials: config.n }
}

/** Five bins with as many problems each, as far as equal ones allow; or bins between shares, ascending, without 0 and 1. */
export type DifficultyRule = 'fifths' | readonly number[]

export interface DifficultyBin {
  /** From 1, the easiest. */
  readonly level: number
  /** Lowest and highest pass@1 of its problems. */
  readonly range: readonly [low: number, high: number]
  readonly problems: number
  readonly results: readonly SweepResult[]
}

export interface Difficulty {
  /** From the easiest; bins without problems are left out. */
  readonly bins: readonly DifficultyBin[]
  /** Samples per problem that pass@1 was estimated from, at least. */
  readonly samples: number
  /** Results were binned by the samples of their own seed: lucky samples make a problem easy, and its results right. */
  readonly biased: boolean
  /** Results of problems without samples: in no bin. */
  readonly unknown: number
}

/**
 * Results by how hard their problem is for their own policy: its pass@1 among the sweep's largest sets of plain samples of
 * other seeds than the result's. With a single seed there are none but the result's own, and the bins are biased.
 * @param policyOf what tells the policies of the pairs apart; by default every pair has its own
 */
export function splitByDifficulty(
  results: readonly SweepResult[],
  rule: DifficultyRule,
  policyOf: (pair: number) => string = String,
): Difficulty {
  const samples = largestSamples(results, policyOf)
  const levels = new Map<string, Level | null>()
  const found: { readonly result: SweepResult; readonly level: Level }[] = []
  let unknown = 0
  for (const result of results) {
    const policy = policyOf(result.pair)
    const key = JSON.stringify([policy, result.problem, result.seed])
    let level = levels.get(key)
    if (level === undefined) {
      level = levelFor(samples.get(policy)?.get(result.problem), result.seed, policy)
      levels.set(key, level)
    }
    if (level === null) unknown += 1
    else found.push({ result, level })
  }
  const known = [...levels.values()].filter((level) => level !== null)
  const binOf = rule === 'fifths' ? fifths(known) : ({ rate }: Level) => rule.filter((edge) => rate < edge).length
  const bins = new Map<number, { results: SweepResult[]; rates: number[]; problems: Set<number> }>()
  for (const { result, level } of found) {
    const index = binOf(level)
    const bin = bins.get(index) ?? { results: [], rates: [], problems: new Set() }
    bin.results.push(result)
    bin.rates.push(level.rate)
    bin.problems.add(result.problem)
    bins.set(index, bin)
  }
  return {
    bins: [...bins.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([index, bin]) => ({
        level: index + 1,
        range: bin.rates.reduce<[number, number]>(
          ([low, high], rate) => [Math.min(low, rate), Math.max(high, rate)],
          [1, 0],
        ),
        problems: bin.problems.size,
        results: bin.results,
      })),
    samples: known.reduce((least, { trials }) => Math.min(least, trials), Number.POSITIVE_INFINITY),
    biased: known.some(({ own }) => own),
    unknown,
  }
}

interface Level {
  readonly rate: number
  readonly trials: number
  /** Read from the samples of the seed that is judged. */
  readonly own: boolean
  readonly policy: string
}

type SamplesBySeed = Map<number, Samples>

/** Of each policy, problem and seed, the largest set of samples. */
function largestSamples(
  results: readonly SweepResult[],
  policyOf: (pair: number) => string,
): Map<string, Map<number, SamplesBySeed>> {
  const policies = new Map<string, Map<number, SamplesBySeed>>()
  for (const result of results) {
    const samples = samplesOf(result)
    if (samples === null) continue
    const policy = policyOf(result.pair)
    const problems = policies.get(policy) ?? new Map<number, SamplesBySeed>()
    policies.set(policy, problems)
    const seeds = problems.get(result.problem) ?? new Map<number, Samples>()
    problems.set(result.problem, seeds)
    if (samples.trials > (seeds.get(result.seed)?.trials ?? 0)) seeds.set(result.seed, samples)
  }
  return policies
}

function levelFor(seeds: SamplesBySeed | undefined, judged: number, policy: string): Level | null {
  if (seeds === undefined) return null
  const others = [...seeds].filter(([seed]) => seed !== judged).map(([, samples]) => samples)
  const own = seeds.get(judged)
  const used = others.length > 0 ? others : own === undefined ? [] : [own]
  const trials = used.reduce((sum, samples) => sum + samples.trials, 0)
  if (trials === 0) return null
  const passes = used.reduce((sum, samples) => sum + samples.passes, 0)
  return { rate: passes / trials, trials, own: others.length === 0, policy }
}

/** Each policy's problems by rank, in five parts; equal ones lie in the part of the middle of their ranks. */
function fifths(levels: readonly Level[]): (level: Level) => number {
  const bins = new Map<string, number>()
  for (const policy of new Set(levels.map((level) => level.policy))) {
    const easiestFirst = levels.filter((level) => level.policy === policy).toSorted((a, b) => b.rate - a.rate)
    for (let start = 0; start < easiestFirst.length; ) {
      const { rate } = easiestFirst[start] as Level
      let end = start
      while (easiestFirst[end]?.rate === rate) end += 1
      const middle = (start + end) / 2 / easiestFirst.length
      bins.set(JSON.stringify([policy, rate]), Math.min(4, Math.floor(5 * middle)))
      start = end
    }
  }
  return ({ policy, rate }) => bins.get(JSON.stringify([policy, rate])) ?? 0
}

/** The chance that at least one of k samples is right. */
export interface Ceiling extends Rate {
  readonly k: number
  readonly problems: number
  /** Of k samples without a reward model, where the sweep has a majority vote of as many. */
  readonly cost: MeanCost | null
}

/**
 * pass@k of a pair's policy: unbiased, from the largest set of samples of each problem and seed, mean over problems, with its
 * interval by bootstrap over problems. For k as far as every problem has as many samples.
 */
export function passCeilings(
  results: readonly SweepResult[],
  table: SweepTable,
  pair: number,
  ks: readonly number[],
): Ceiling[] {
  const own = results.filter((result) => result.pair === pair)
  const problems = [...(largestSamples(own, String).get(String(pair))?.values() ?? [])].map((seeds) => [
    ...seeds.values(),
  ])
  const most = Math.min(...problems.flatMap((seeds) => seeds.map(({ trials }) => trials)))
  if (problems.length === 0) return []
  return ks
    .filter((k) => k <= most)
    .map((k) => {
      const groups = problems.map((seeds) => ({
        part:
          seeds.reduce((sum, { passes, trials }) => sum + passAtK({ successes: passes, trials }, k), 0) / seeds.length,
        whole: 1,
      }))
      const { ratio, interval } = bootstrapRatio(groups)
      const sampled = table.points.find(
        (point) =>
          point.pair === pair && point.strategy === 'sampling' && point.budget === k && point.config.voteStop === 'all',
      )
      return { k, rate: ratio, interval, problems: problems.length, cost: sampled?.cost ?? null }
    })
}
