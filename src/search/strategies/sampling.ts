import { voteWeight } from '../aggregate.ts'
import type { SearchEvent, StopReason } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { keepAll, keepCandidates } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'
import { answerRule, judgesResponses, strategyById, usesSetting } from '../settings.ts'
import { voteOf } from '../votes.ts'

/**
 * n responses, from which the answer is chosen: majority vote (self-consistency, Wang et al. 2022), weighted vote (Li et al.
 * 2022), best of N (Cobbe et al. 2021). A process reward model scores every step as it is drawn; where whole responses are
 * judged, all of them are once they are drawn, together, so that what they begin with alike is read once.
 *
 * Responses are drawn as a tree, side by side, step by step: those that begin alike share their first steps, and a step
 * that stands for c responses is continued by c samples, so that no prefix is run twice. In batches (`voteBatch`), later
 * responses go through the tree of the earlier ones in the same way.
 */
export async function* sampleResponses(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  const { n, maxRounds, voteBatch } = run.config
  const { strategy } = run.setup
  const stepwise = strategyById(strategy).judges === 'steps'
  const stops = usesSetting(strategy, 'voteStop')
  const batch = stops && voteBatch > 0 ? voteBatch : n
  const candidates: PathNode[] = []
  const cut: PathNode[] = []
  let round = 0
  let left = n
  while (left > 0) {
    const count = Math.min(batch, left)
    const isLast = count === left
    let open = [{ node: start, count }]
    for (let step = 1; step <= maxRounds && open.length > 0; step++) {
      round++
      const proposals = yield* run.propose(open, round)
      if (stepwise) yield* run.score(proposals, round)
      const finished = proposals.filter((node) => node.finished)
      const unfinished = proposals.filter((node) => !node.finished)
      candidates.push(...finished.filter((node) => !candidates.includes(node)))
      left -= finished.reduce((sum, { fresh }) => sum + fresh, 0)
      yield* keepCandidates(run, finished, round, stepwise)
      const reason = left > 0 && stops ? decidedBy(run, candidates, left) : null
      if (reason) {
        // Steps of earlier responses that were drawn again are no ends.
        const ends = unfinished.filter(({ children }) => children.length === 0)
        yield* finishSearch(run, { reason, round, candidates, open: [...cut, ...ends] })
        return
      }
      open = unfinished.map((node) => ({ node, count: node.fresh }))
      if (isLast) run.releaseAllBut(unfinished)
      if (step < maxRounds) yield* keepAll(run, unfinished, round, stepwise)
    }
    left -= open.reduce((sum, { count }) => sum + count, 0)
    cut.push(...open.map(({ node }) => node).filter((node) => !cut.includes(node)))
  }
  if (judgesResponses(strategy)) yield* run.judge(candidates, round)
  const reason = cut.length > 0 ? 'max-rounds' : 'enough-candidates'
  yield* finishSearch(run, { reason, round, candidates, open: cut })
}

/**
 * Why the vote can stop with so many responses left, each of which weighs 1 at most: because the heaviest sum is above any
 * other with all of them added, so that it stays the heaviest, or because it is ahead by the lead; null where it cannot.
 */
function decidedBy(
  { setup, config, aggregation }: SearchRun,
  candidates: readonly PathNode[],
  left: number,
): StopReason | null {
  const { voteStop, voteLead } = config
  if (voteStop === 'all') return null
  const weighted = answerRule(setup) === 'weighted-vote'
  const sums = new Map<string, number>()
  for (const { step, samples, pathScore } of candidates) {
    const vote = voteOf(step?.verdict)
    if (vote === null) continue
    const weight = weighted ? voteWeight(aggregation, pathScore) : 1
    sums.set(vote, (sums.get(vote) ?? 0) + samples.length * weight)
  }
  const [first = 0, second = 0] = [...sums.values()].sort((a, b) => b - a)
  if (first > second + left) return 'vote-decided'
  return voteStop === 'ahead' && first > 0 && first - second >= voteLead ? 'vote-ahead' : null
}
