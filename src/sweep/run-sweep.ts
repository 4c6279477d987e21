import type { ErrorCode } from '../core/errors.ts'
import { toErrorDetails } from '../core/errors.ts'
import { itemSeed } from '../core/item-seed.ts'
import { orderedWork } from '../core/ordered-work.ts'
import type { Candidate, FinishedEvent, RunSetup } from '../search/events.ts'
import { EMPTY_LEDGER } from '../search/ledger.ts'
import type { Policy, RewardModel } from '../search/models.ts'
import { runSearch } from '../search/run-search.ts'
import type { StrategyId } from '../search/settings.ts'
import { DEFAULT_CONFIG, judgesResponses, usesRewardModel } from '../search/settings.ts'
import type { AnyTask } from '../tasks/registry.ts'
import { checkerFor, promptOf, taskById } from '../tasks/registry.ts'
import type { SweepConfig } from './config.ts'
import type { SweepSearch } from './plan.ts'
import { searchesOf } from './plan.ts'
import type { SweepCost, SweepResult } from './result.ts'
import { resultKey } from './result.ts'
import { ShareClock } from './share-clock.ts'
import type { SharedDraw } from './sharing.ts'
import { judgingId, sharedDraws } from './sharing.ts'
import type { Work } from './tape.ts'
import { NO_WORK, Tape, tapedPolicy, tapedReward } from './tape.ts'

export interface PairModels {
  readonly policy: Policy
  readonly reward: RewardModel | null
  /** Asked in place of `reward` where whole responses are judged. */
  readonly outcome?: RewardModel
}

export interface SweepOptions {
  /** Keys of results that are there already. */
  readonly known: ReadonlySet<string>
  /** Places of the problems to search, from 0; all where it is left out. */
  readonly chosen?: readonly number[]
  /** Searches at the same time; changes the time and nothing else. */
  readonly concurrency: number
  /** Milliseconds of work, monotonic. */
  readonly now: () => number
  readonly signal?: AbortSignal
}

/** Searches of one problem that are read from the same samples. */
interface Unit {
  readonly draw: SharedDraw
  /** Those that are missing, in the order of the draw. */
  readonly searches: readonly SweepSearch[]
  readonly seed: number
  readonly problem: unknown
  readonly index: number
}

/**
 * Runs what a sweep is missing of one pair of models: seed by seed and problem by problem, each under every search, so that
 * half a sweep is a sweep of half the problems. Samples that several searches choose from are drawn once (`sharedDraws`);
 * each result is, and costs, what its search alone would be (`runSearch`), and says what was executed for it here. A search
 * that fails is a result with its error; what ends the work itself (the signal, a lost device) is thrown.
 * @param pair index of the models among the config's
 */
export async function* runPair(
  config: SweepConfig,
  problems: readonly unknown[],
  pair: number,
  models: PairModels,
  { known, chosen = problems.map((_, index) => index), concurrency, now, signal }: SweepOptions,
): AsyncGenerator<SweepResult, void> {
  const task = taskById(config.task)
  const draws = sharedDraws(searchesOf(config), (strategy) => contextOf(strategy, models))
  const open: Unit[] = config.seeds.flatMap((seed) =>
    chosen.flatMap((index) =>
      draws.flatMap((draw) => {
        const searches = draw.searches.filter(({ name }) => !known.has(resultKey(name, pair, seed, index)))
        return searches.length === 0 ? [] : [{ draw, searches, seed, problem: problems[index], index }]
      }),
    ),
  )
  const clock = new ShareClock(now)
  const work = async (unit: Unit, _: number, ended: AbortSignal): Promise<SweepResult[]> => {
    clock.enter()
    try {
      return await runUnit(unit, { task, pair, models, clock, signal: ended })
    } finally {
      clock.leave()
    }
  }
  for await (const results of orderedWork(open, concurrency, work, signal)) yield* results
}

/** The search of a problem, as the playground runs it, too. */
export function setupOf(
  task: AnyTask,
  problem: unknown,
  index: number,
  { strategy, config }: Pick<SweepSearch, 'strategy' | 'config'>,
  seed: number,
  models: Omit<PairModels, 'policy'>,
): RunSetup {
  const reward = rewardOf(strategy, models)
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

/** The reward model that a strategy asks: the outcome model where it has whole responses judged, if there is one. */
function rewardOf(strategy: StrategyId, { reward, outcome }: Omit<PairModels, 'policy'>): RewardModel | null {
  return judgesResponses(strategy) && outcome !== undefined ? outcome : reward
}

/** Tokens that a search's models have room for. */
function contextOf(strategy: StrategyId, { policy, ...models }: PairModels): number {
  const reward = usesRewardModel(strategy) ? rewardOf(strategy, models) : null
  return Math.min(policy.info.contextLength, reward?.info.contextLength ?? Number.POSITIVE_INFINITY)
}

interface Surroundings {
  readonly task: AnyTask
  readonly pair: number
  readonly models: PairModels
  readonly clock: ShareClock
  readonly signal: AbortSignal
}

/** One after the other: the first draws the samples, the others are given them. */
async function runUnit(unit: Unit, surroundings: Surroundings): Promise<SweepResult[]> {
  const tapes = new Map<string, Tape>()
  const tapeOf = (id: string): Tape => {
    const known = tapes.get(id)
    if (known?.isComplete) return known
    // One that a failed search left is not gone on with.
    const tape = new Tape()
    tapes.set(id, tape)
    return tape
  }
  const results: SweepResult[] = []
  // Of those that are missing, none may draw enough for the others.
  for (const draw of sharedDraws(unit.searches, (strategy) => contextOf(strategy, surroundings.models))) {
    for (const search of draw.searches) {
      const several = draw.searches.length > 1
      const drawn = several ? tapeOf(draw.id) : null
      const judged = several ? tapeOf(`${draw.id} ${judgingId(draw, search)}`) : null
      results.push(await runOne(unit, search, { drawn, judged }, surroundings))
    }
  }
  return results
}

async function runOne(
  { draw, seed, problem, index }: Unit,
  search: SweepSearch,
  { drawn, judged }: { readonly drawn: Tape | null; readonly judged: Tape | null },
  { task, pair, models, clock, signal }: Surroundings,
): Promise<SweepResult> {
  const setup = setupOf(task, problem, index, search, seed, models)
  const asked = usesRewardModel(search.strategy) ? rewardOf(search.strategy, models) : null
  const policy = tapedPolicy(models.policy, drawn, clock)
  const reward = asked === null ? null : tapedReward(asked, judged, clock)
  const began = clock.seconds()
  let finished: FinishedEvent | null = null
  let error: SweepResult['error'] | null = null
  try {
    const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem) }
    const ports = { policy: policy.model, reward: reward?.model ?? null }
    for await (const event of runSearch(setup, { ...context, ...ports }, signal)) {
      if (event.type === 'finished') finished = event
    }
    drawn?.finish()
    judged?.finish()
  } catch (thrown) {
    const details = toErrorDetails(thrown)
    // Where memory is short the work is done again with less beside it.
    if (signal.aborted || ENDING.has(details.code)) throw thrown
    const { message, place } = details
    error = { message, ...(place === undefined ? {} : { place }) }
  }
  const replayed = policy.replays || reward?.replays === true
  return {
    key: resultKey(search.name, pair, seed, index),
    search: search.name,
    problem: index,
    strategy: search.strategy,
    config: setup.config,
    budget: search.budget,
    pair,
    seed,
    ...saidBy(finished),
    seconds: clock.seconds() - began + policy.saved() + (reward?.saved() ?? 0),
    shared: draw.searches.length > 1 ? draw.id : null,
    ...(replayed ? { executed: executedBy(policy.ran(), reward?.ran() ?? NO_WORK) } : {}),
    ...(error === null ? {} : { error }),
  }
}

/** Errors that are not of a problem: nothing can be searched after them. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['cancelled', 'device-lost', 'out-of-memory'])

/** What a search ended with, and what it cost; of one that failed, nothing. */
function saidBy(
  finished: FinishedEvent | null,
): Pick<
  SweepResult,
  'correct' | 'answer' | 'policyTokens' | 'rewardTokens' | 'tokensAsked' | 'flops' | 'finished' | 'passes'
> {
  const { policy, reward } = finished?.ledger ?? EMPTY_LEDGER
  const candidates = finished?.candidates ?? []
  const count = (chosen: readonly Candidate[]): number => chosen.reduce((sum, candidate) => sum + candidate.count, 0)
  return {
    correct: finished?.correct ?? null,
    answer: finished?.answer ?? null,
    policyTokens: policy.executed,
    rewardTokens: reward.executed,
    tokensAsked: policy.asked + reward.asked,
    flops: { policy: policy.flops, reward: reward.flops },
    finished: count(candidates),
    passes: finished === null || finished.correct === null ? null : count(candidates.filter(({ correct }) => correct)),
  }
}

function executedBy(policy: Work, reward: Work): SweepCost {
  return { policyTokens: policy.tokens, rewardTokens: reward.tokens, flops: policy.flops + reward.flops }
}
