import { voteWeight } from '../aggregate.ts'
import type { SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { countSamples } from '../path-node.ts'
import { keepAll, keepCandidates } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'
import { answerRule } from '../settings.ts'
import { voteOf } from '../votes.ts'

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
 * With `voteStop` set to `decided`, it ends as soon as the vote cannot change any more.
 *
 * @param scored whether the reward model scores each step
 */
export async function* sampleResponses(
  run: SearchRun,
  start: PathNode,
  scored: boolean,
): AsyncGenerator<SearchEvent, void> {
  const { n, maxRounds, voteStop } = run.config
  const candidates: PathNode[] = []
  let open = [{ node: start, count: n }]
  for (let round = 1; round <= maxRounds; round++) {
    const proposals = yield* run.propose(open, round)
    if (scored) yield* run.score(proposals, round)
    const finished = proposals.filter((node) => node.finished)
    const unfinished = proposals.filter((node) => !node.finished)
    candidates.push(...finished)
    yield* keepCandidates(run, finished, round, scored)
    const left = n - countSamples(candidates)
    if (left === 0 || (voteStop === 'decided' && isDecided(run, candidates, left))) {
      yield* finishSearch(run, { reason: 'enough-candidates', round, candidates, open: unfinished })
      return
    }
    open = unfinished.map((node) => ({ node, count: node.samples.length }))
    run.releaseAllBut(unfinished)
    if (round < maxRounds) yield* keepAll(run, unfinished, round, scored)
  }
  const cutOff = open.map(({ node }) => node)
  yield* finishSearch(run, { reason: 'max-rounds', round: maxRounds, candidates, open: cutOff })
}

/**
 * Whether the heaviest vote stays it, whatever the responses that are left are for: its sum is above any other's with all
 * of them added, each of which weighs 1 at most.
 */
function isDecided({ setup, config }: SearchRun, candidates: readonly PathNode[], left: number): boolean {
  const rule = answerRule(setup)
  if (rule === 'score') return false
  const sums = new Map<string, number>()
  for (const { step, samples, pathScore } of candidates) {
    const vote = voteOf(step?.verdict)
    if (vote === null) continue
    const weight = rule === 'majority' ? 1 : voteWeight(config.aggregation, pathScore)
    sums.set(vote, (sums.get(vote) ?? 0) + samples.length * weight)
  }
  const [first = 0, second = 0] = [...sums.values()].sort((a, b) => b - a)
  return first > second + left
}
