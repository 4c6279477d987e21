import type { TrialGroup } from '../core/statistics.ts'
import { groupedRate, wilsonInterval } from '../core/statistics.ts'
import { aggregate, voteWeight } from '../search/aggregate.ts'
import type { Aggregation } from '../search/models.ts'

/** A response among those to its problem. */
export interface PickableTrace {
  /** Traces of one problem have the same one. */
  readonly problem: string
  /** What it votes for; null where it has no vote. */
  readonly vote: string | null
  readonly correct: boolean
  /** Of each step, by one or more reward models. */
  readonly scores: readonly (readonly number[])[]
}

export interface PickShare {
  readonly name: 'mean' | 'majority' | 'best-of-n' | 'weighted-vote' | 'oracle'
  /** Index of the reward model that picks; null where none does. */
  readonly model: number | null
  /** Share of problems that end right, with its 95 % interval. */
  readonly share: number
  readonly interval: readonly [low: number, high: number]
}

export interface PickResult {
  readonly problems: number
  /** Responses of each problem: the fewest and the most. */
  readonly fewest: number
  readonly most: number
  readonly shares: readonly PickShare[]
}

/**
 * What a search would make of these scores: of each problem's responses one is picked, by the highest path score (best-of-N) or
 * by votes that weigh as much as it, beside one response at random, an equal vote and the best there is. Ties go to the first.
 * Problems with one response are left out: there is nothing to pick.
 * @param models how many reward models scored them
 */
export function pickByScores(
  traces: readonly PickableTrace[],
  models: number,
  aggregation: Aggregation,
): PickResult | null {
  const groups = [...groupBy(traces).values()].filter((group) => group.length > 1)
  if (groups.length === 0) return null
  const share = (
    name: PickShare['name'],
    model: number | null,
    isRight: (group: readonly PickableTrace[]) => boolean,
  ) => {
    const right = groups.filter(isRight).length
    return { name, model, share: right / groups.length, interval: wilsonInterval(right, groups.length) }
  }
  const rates: TrialGroup[] = groups.map((group) => ({
    successes: group.filter(({ correct }) => correct).length,
    trials: group.length,
  }))
  const { rate, interval } = groupedRate(rates)
  const sizes = groups.map((group) => group.length)
  return {
    problems: groups.length,
    fewest: sizes.reduce((least, size) => Math.min(least, size)),
    most: sizes.reduce((largest, size) => Math.max(largest, size)),
    shares: [
      { name: 'mean', model: null, share: rate, interval },
      share('majority', null, (group) => elected(group, () => 1)),
      ...Array.from({ length: models }, (_, model) => {
        const path = ({ scores }: PickableTrace) => aggregate(aggregation, scores[model] ?? [])
        return [
          share('best-of-n', model, (group) => highest(group, path)),
          share('weighted-vote', model, (group) => elected(group, (trace) => voteWeight(aggregation, path(trace)))),
        ]
      }).flat(),
      share('oracle', null, (group) => group.some(({ correct }) => correct)),
    ],
  }
}

function groupBy(traces: readonly PickableTrace[]): Map<string, PickableTrace[]> {
  const groups = new Map<string, PickableTrace[]>()
  for (const trace of traces) {
    const own = groups.get(trace.problem)
    if (own) own.push(trace)
    else groups.set(trace.problem, [trace])
  }
  return groups
}

/** Of those with an answer, as in best-of-N; of all where none has one. */
function highest(group: readonly PickableTrace[], path: (trace: PickableTrace) => number): boolean {
  const answered = group.filter(({ vote }) => vote !== null)
  const [first, ...others] = answered.length > 0 ? answered : group
  return others.reduce((best, trace) => (best && path(best) >= path(trace) ? best : trace), first)?.correct ?? false
}

function elected(group: readonly PickableTrace[], weigh: (trace: PickableTrace) => number): boolean {
  const votes = new Map<string, { weight: number; readonly correct: boolean }>()
  for (const trace of group) {
    if (trace.vote === null) continue
    const own = votes.get(trace.vote) ?? { weight: 0, correct: trace.correct }
    own.weight += weigh(trace)
    votes.set(trace.vote, own)
  }
  let best: { readonly weight: number; readonly correct: boolean } | null = null
  for (const vote of votes.values()) if (best === null || vote.weight > best.weight) best = vote
  return best?.correct ?? false
}
