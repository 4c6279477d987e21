import type { SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { countSamples } from '../path-node.ts'
import { keepBest, keepCandidates } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'

/**
 * Gives every proposal of a round the score it is ranked by. Returns the path that the task's check accepts, which
 * ends the search, or null.
 */
export type Evaluate = (
  run: SearchRun,
  proposals: readonly PathNode[],
  round: number,
) => AsyncGenerator<SearchEvent, { readonly proposal: PathNode; readonly end: PathNode } | null>

/** Beam search ranks a proposal by its own path score and never stops early. */
async function* ownScore(
  run: SearchRun,
  proposals: readonly PathNode[],
  round: number,
): AsyncGenerator<SearchEvent, null> {
  yield* run.score(proposals, round)
  return null
}

/**
 * Round 1 proposes n steps; the best n / m are kept; then m proposals from each kept path. Identical siblings are one
 * node and take one place. A finished path leaves the beam, takes no place, and is a candidate. Ends when the
 * candidates stand for n finished proposals, when no path is open, or after maxRounds.
 */
export async function* beam(
  run: SearchRun,
  start: PathNode,
  evaluate: Evaluate = ownScore,
): AsyncGenerator<SearchEvent, void> {
  const { n, m, maxRounds } = run.config
  const candidates: PathNode[] = []
  let open = [{ node: start, count: n }]
  for (let round = 1; ; round++) {
    const proposals = yield* run.propose(open, round)
    const accepted = yield* evaluate(run, proposals, round)
    const finished = proposals.filter((node) => node.finished)
    const unfinished = proposals.filter((node) => !node.finished)
    candidates.push(...finished)
    yield* keepCandidates(run, finished, round)

    if (accepted) {
      const { proposal, end } = accepted
      if (proposal !== end) {
        yield run.kept(proposal, round, { ...leadsToAnswer, score: proposal.rankScore, of: proposals.length })
        candidates.push(end)
      }
      const cutOff = unfinished.filter((node) => node !== proposal)
      yield* finishSearch(run, { reason: 'accepted', round, candidates, open: cutOff, answer: end })
      return
    }
    const reason =
      countSamples(candidates) >= n
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
    const kept = yield* keepBest(run, unfinished, n / m, round)
    run.releaseAllBut(kept)
    open = kept.map((node) => ({ node, count: m }))
  }
}

/** A proposal whose rollout is the answer. */
const leadsToAnswer = { rule: 'answer', against: null, rank: 1, kept: 1 } as const
