import { exp } from '../../core/portable-maths.ts'
import { voteWeight } from '../aggregate.ts'
import type { KeptEvent, PrunedEvent, SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { byRank, countSamples } from '../path-node.ts'
import { keepCandidates } from '../rank-round.ts'
import type { Expansion, SearchRun } from '../search-run.ts'

/**
 * Reward-balanced search (Wu et al. 2024, arXiv 2408.00724): each round has a width, n at first, less one for every response
 * that has finished. Every open path gets its part of it as proposals, by the softmax of the path scores. Ends when n
 * responses are finished, when no path is open, or after maxRounds.
 *
 * Identical siblings are one node, whose score has one part in the softmax.
 */
export async function* rebase(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  const { n, maxRounds } = run.config
  const candidates: PathNode[] = []
  let open: readonly Expansion[] = [{ node: start, count: n }]
  for (let round = 1; ; round++) {
    const proposals = yield* run.propose(open, round)
    yield* run.score(proposals, round)
    const finished = proposals.filter((node) => node.finished)
    const unfinished = proposals.filter((node) => !node.finished)
    candidates.push(...finished)
    yield* keepCandidates(run, finished, round)
    const width = n - countSamples(candidates)
    const reason =
      width <= 0
        ? 'enough-candidates'
        : unfinished.length === 0
          ? 'no-open-path'
          : round === maxRounds
            ? 'max-rounds'
            : null
    if (reason) {
      yield* finishSearch(run, { reason, round, candidates, open: unfinished })
      return
    }
    open = yield* share(run, byRank(unfinished), width, round)
    run.releaseAllBut(open.map(({ node }) => node))
  }
}

/** Gives the width out; a path that gets nothing of it is pruned. @param ranked best first */
function* share(
  run: SearchRun,
  ranked: readonly PathNode[],
  width: number,
  round: number,
): Generator<KeptEvent | PrunedEvent, Expansion[]> {
  const scores = ranked.map(({ rankScore }) => voteWeight(run.aggregation, rankScore))
  const shares = shareWidth(scores, width, run.config.balance)
  let left = width
  for (const [index, node] of ranked.entries()) {
    const children = shares[index] ?? 0
    const decision = {
      rule: 'share',
      score: node.rankScore,
      against: null,
      rank: index + 1,
      of: ranked.length,
      kept: shares.filter((count) => count > 0).length,
      share: { children, left },
    } as const
    yield children > 0 ? run.kept(node, round, decision) : run.pruned(node, round, decision)
    left -= children
  }
  return ranked.flatMap((node, index) => ((shares[index] ?? 0) > 0 ? [{ node, count: shares[index] ?? 0 }] : []))
}

/** A product that ought to be whole may come out a little above it. */
const ROUNDING = 1e-9

/**
 * ⌈left · e^(score/T) / Σ e^(score/T)⌉ for each score in turn, where the width left and the sum are those of the scores that
 * had no turn yet. Whole, and `width` in all.
 * @param scores highest first
 */
export function shareWidth(scores: readonly number[], width: number, temperature: number): number[] {
  const highest = scores[0] ?? 0
  const weights = scores.map((score) => exp((score - highest) / temperature))
  const shares: number[] = []
  let left = width
  for (const [index, weight] of weights.entries()) {
    const sum = weights.slice(index).reduceRight((total, next) => total + next, 0)
    const part = sum === 0 ? left : Math.ceil((left * weight) / sum - ROUNDING)
    const given = Math.max(0, Math.min(left, part))
    shares.push(given)
    left -= given
  }
  return shares
}
