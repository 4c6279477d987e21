import type { StrategyId } from '../search/settings.ts'
import { DEFAULT_CONFIG, strategyById, usesSetting } from '../search/settings.ts'
import { usedSettings } from './config.ts'
import type { SweepSearch } from './plan.ts'

/** Searches that make the same calls to the policy: their samples are drawn once. */
export interface SharedDraw {
  /** What they have in common: `samples:n=16:temperature=1…`. */
  readonly id: string
  /** Those that draw everything first: the others stop earlier, and ask for a part. */
  readonly searches: readonly SweepSearch[]
}

/** Sampled responses, from which these choose: drawn in the same way, and judged afterwards or beside. */
const SAMPLED: readonly StrategyId[] = [
  'sampling',
  'weighted-vote-prm',
  'weighted-vote-orm',
  'best-of-n-prm',
  'best-of-n-orm',
]

/** Settings that say how sampled responses are judged, and nothing of how they are drawn. */
const JUDGING = ['aggregation', 'voteStop', 'voteLead', 'voteBatch']

/**
 * Searches in groups that make the same calls to the policy.
 *
 * - Votes and best-of-N of the same n, temperature, top-p, top-k and limits: one set of samples. Not of another n: the noise
 *   of a step is keyed by its node's number, which depends on all samples of the step before, so that the first 4 of 16
 *   responses are other responses than 4 alone.
 * - Tree searches that differ in how the answer is chosen among the finished paths: one tree.
 * - Votes that stop early read a part of what the others drew; in batches they draw in another order, by themselves.
 *
 * @param contextOf tokens that a search's models have room for: it cuts steps
 */
export function sharedDraws(
  searches: readonly SweepSearch[],
  contextOf: (strategy: StrategyId) => number,
): SharedDraw[] {
  const idOf = (search: SweepSearch) => drawId(search, contextOf(search.strategy))
  const whole = new Set(searches.filter(drawsToTheEnd).map(idOf))
  const groups = new Map<string, SweepSearch[]>()
  for (const search of searches) {
    const shared = idOf(search)
    const id = whole.has(shared) && !drawsInBatches(search) ? shared : search.name
    groups.set(id, [...(groups.get(id) ?? []), search])
  }
  return [...groups].map(([id, members]) => ({
    id,
    searches: [...members.filter(drawsToTheEnd), ...members.filter((search) => !drawsToTheEnd(search))],
  }))
}

/** Says which searches of a draw ask their reward model for the same; one that asks for a part of it is among them. */
export function judgingId({ searches }: SharedDraw, { name, strategy }: SweepSearch): string {
  const { judges } = strategyById(strategy)
  const whole = searches.some((other) => strategyById(other.strategy).judges === judges && drawsToTheEnd(other))
  return whole ? `judges=${judges}` : name
}

function drawId({ strategy, config }: SweepSearch, context: number): string {
  const sampled = SAMPLED.includes(strategy)
  // Where no aggregation is given it is the reward model's own.
  const settings = usedSettings(strategy, { ...DEFAULT_CONFIG, ...config })
  const drawing = Object.entries({ ...settings, aggregation: config.aggregation ?? 'own' }).filter(
    ([name]) => name !== 'answerBy' && !(sampled && JUDGING.includes(name)),
  )
  const written = drawing.map(([name, value]) => `${name}=${value}`)
  return [sampled ? 'samples' : strategy, ...written, `context=${context}`].join(':')
}

function drawsInBatches({ strategy, config }: SweepSearch): boolean {
  return usesSetting(strategy, 'voteBatch') && (config.voteBatch ?? DEFAULT_CONFIG.voteBatch) > 0
}

function drawsToTheEnd(search: SweepSearch): boolean {
  const { strategy, config } = search
  const stops = usesSetting(strategy, 'voteStop') && (config.voteStop ?? DEFAULT_CONFIG.voteStop) !== 'all'
  return !stops && !drawsInBatches(search)
}
