import { toErrorDetails } from '../core/errors.ts'
import { itemSeed } from '../core/item-seed.ts'
import { orderedWork } from '../core/ordered-work.ts'
import type { FinishedEvent, RunSetup } from '../search/events.ts'
import type { Policy, RewardModel } from '../search/models.ts'
import { runSearch } from '../search/run-search.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import type { AnyTask } from '../tasks/registry.ts'
import { checkerFor, promptOf, taskById } from '../tasks/registry.ts'
import type { SweepConfig } from './config.ts'
import type { SweepSearch } from './plan.ts'
import { searchesOf } from './plan.ts'
import type { SweepResult } from './result.ts'
import { resultKey } from './result.ts'

export interface PairModels {
  readonly policy: Policy
  readonly reward: RewardModel | null
}

export interface SweepOptions {
  /** Keys of results that are there already. */
  readonly known: ReadonlySet<string>
  /** Searches at the same time; changes the time and nothing else. */
  readonly concurrency: number
  /** Milliseconds of work, monotonic. */
  readonly now: () => number
  readonly signal?: AbortSignal
}

/**
 * Runs what a sweep is missing of one pair of models: seed by seed and problem by problem, each under every search, so that
 * half a sweep is a sweep of half the problems. A search that fails is a result with its error; what ends the work itself
 * (the signal, a lost device) is thrown.
 * @param pair index of the models among the config's
 */
export async function* runPair(
  config: SweepConfig,
  problems: readonly unknown[],
  pair: number,
  models: PairModels,
  { known, concurrency, now, signal }: SweepOptions,
): AsyncGenerator<SweepResult, void> {
  const task = taskById(config.task)
  const searches = searchesOf(config)
  const open = config.seeds.flatMap((seed) =>
    problems.flatMap((problem, index) =>
      searches
        .filter((search) => !known.has(resultKey(search.name, pair, seed, index)))
        .map((search) => ({ search, seed, problem, index })),
    ),
  )
  const work = async ({ search, seed, problem, index }: (typeof open)[number], _: number, ended: AbortSignal) => {
    const began = now()
    const setup = setupOf(task, problem, index, search, seed, models)
    const about = { search, index, pair, seed, config: setup.config }
    try {
      const finished = await lastEvent(task, problem, setup, models, ended)
      return resultOf(about, finished, (now() - began) / 1000)
    } catch (error) {
      const { code, message, place } = toErrorDetails(error)
      if (ended.aborted || code === 'cancelled' || code === 'device-lost') throw error
      // Done again with fewer beside it.
      if (code === 'out-of-memory') throw error
      return { ...resultOf(about, null, (now() - began) / 1000), error: { message, ...(place ? { place } : {}) } }
    }
  }
  yield* orderedWork(open, concurrency, work, signal)
}

/** The search of a problem, as the playground runs it, too. */
export function setupOf(
  task: AnyTask,
  problem: unknown,
  index: number,
  { strategy, config }: Pick<SweepSearch, 'strategy' | 'config'>,
  seed: number,
  { reward }: Pick<PairModels, 'reward'>,
): RunSetup {
  const aggregation = reward ? { aggregation: reward.info.aggregation } : {}
  return {
    task: task.id,
    problem: task.format(problem),
    fields: task.fields(problem),
    strategy,
    config: { ...DEFAULT_CONFIG, ...aggregation, ...config },
    seed: itemSeed(seed, index),
    prefix: [],
  }
}

async function lastEvent(
  task: AnyTask,
  problem: unknown,
  setup: RunSetup,
  { policy, reward }: PairModels,
  signal: AbortSignal,
): Promise<FinishedEvent> {
  const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem), policy, reward }
  for await (const event of runSearch(setup, context, signal)) if (event.type === 'finished') return event
  throw new RangeError('a search ended without a result')
}

interface About {
  readonly search: SweepSearch
  readonly index: number
  readonly pair: number
  readonly seed: number
  readonly config: RunSetup['config']
}

function resultOf(
  { search, index, pair, seed, config }: About,
  finished: FinishedEvent | null,
  seconds: number,
): SweepResult {
  const policy = finished?.ledger.policy
  const reward = finished?.ledger.reward
  const candidates = finished?.candidates ?? []
  const sum = (count: (candidate: (typeof candidates)[number]) => number) =>
    candidates.reduce((total, candidate) => total + count(candidate), 0)
  return {
    key: resultKey(search.name, pair, seed, index),
    search: search.name,
    problem: index,
    strategy: search.strategy,
    config,
    budget: search.budget,
    pair,
    seed,
    correct: finished?.correct ?? null,
    answer: finished?.answer ?? null,
    policyTokens: policy?.executed ?? 0,
    rewardTokens: reward?.executed ?? 0,
    tokensAsked: (policy?.asked ?? 0) + (reward?.asked ?? 0),
    flops: { policy: policy?.flops ?? 0, reward: reward?.flops ?? 0 },
    seconds,
    shared: null,
    finished: sum(({ count }) => count),
    passes: finished === null || finished.correct === null ? null : sum(({ correct, count }) => (correct ? count : 0)),
  }
}
