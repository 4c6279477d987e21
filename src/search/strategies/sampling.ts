import type { SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { countSamples } from '../path-node.ts'
import { keepAll, keepCandidates } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'

/**
 * n responses, sampled side by side step by step; the answer that most of them give (self-consistency, Wang et al.
 * 2022), ties to the one found first. No reward model.
 */
export async function* sampling(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  yield* sampleResponses(run, start, false)
}

/**
 * Draws n responses as a tree: responses that begin alike share their first steps, and a step that stands for c
 * responses is continued by c samples, so that no prefix is run twice.
 *
 * @param scored whether the reward model scores each step
 */
export async function* sampleResponses(
  run: SearchRun,
  start: PathNode,
  scored: boolean,
): AsyncGenerator<SearchEvent, void> {
  const { n, maxRounds } = run.config
  const candidates: PathNode[] = []
  let open = [{ node: start, count: n }]
  for (let round = 1; round <= maxRounds; round++) {
    const proposals = yield* run.propose(open, round)
    if (scored) yield* run.score(proposals, round)
    const finished = proposals.filter((node) => node.finished)
    const unfinished = proposals.filter((node) => !node.finished)
    candidates.push(...finished)
    yield* keepCandidates(run, finished, round, scored)
    if (countSamples(candidates) === n) {
      yield* finishSearch(run, { reason: 'enough-candidates', round, candidates, open: [] })
      return
    }
    open = unfinished.map((node) => ({ node, count: node.samples.length }))
    run.releaseAllBut(unfinished)
    if (round < maxRounds) yield* keepAll(run, unfinished, round, scored)
  }
  const cutOff = open.map(({ node }) => node)
  yield* finishSearch(run, { reason: 'max-rounds', round: maxRounds, candidates, open: cutOff })
}
