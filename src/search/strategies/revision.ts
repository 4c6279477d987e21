import type { RevisedEvent, SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { keepCandidates } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'

/**
 * Sequential revision: a response is drawn and scored step by step; the next attempt keeps its own earlier one up to the step
 * at which the reward model's score fell most, and goes on from there with a fresh sample. The finished attempt with the
 * highest path score is the answer. A step that is drawn again stands where it stood: attempts may come together.
 */
export async function* revision(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  const { attempts } = run.config
  const candidates: PathNode[] = []
  const cut: PathNode[] = []
  let from = start
  for (let round = 1; ; round++) {
    const end = yield* attempt(run, start, from, round)
    if (end.finished) {
      if (!candidates.includes(end)) candidates.push(end)
      yield* keepCandidates(run, [end], round)
    } else if (!cut.includes(end)) cut.push(end)
    const fall = round === attempts ? null : largestFall(start, end)
    if (fall === null) {
      yield* finishSearch(run, { reason: round === attempts ? 'attempts' : 'no-fall', round, candidates, open: cut })
      return
    }
    yield { type: 'revised', round, node: fall.node.id, before: fall.before, score: fall.score, ledger: run.ledger }
    from = fall.node.parent ?? start
  }
}

/** One response to its end, or to the round limit, from a step of an earlier one. */
async function* attempt(
  run: SearchRun,
  start: PathNode,
  from: PathNode,
  round: number,
): AsyncGenerator<SearchEvent, PathNode> {
  let node = from
  for (let depth = stepsAfter(start, from).length; depth < run.config.maxRounds && !node.finished; depth++) {
    const [next] = yield* run.propose([{ node, count: 1 }], round)
    if (!next) throw new RangeError('the policy proposed nothing')
    yield* run.score([next], round)
    node = next
    if (node.finished) continue
    const score = node.pathScore
    yield run.kept(node, round, { rule: 'only-child', score, against: null, rank: 1, of: 1, kept: 1 })
  }
  return node
}

/** The steps of a path after the start, first to last. */
function stepsAfter(start: PathNode, end: PathNode): PathNode[] {
  const steps: PathNode[] = []
  for (let node: PathNode | null = end; node && node !== start; node = node.parent) steps.unshift(node)
  return steps
}

interface Fall extends Pick<RevisedEvent, 'before' | 'score'> {
  readonly node: PathNode
}

/**
 * The step whose score is furthest below that of the step before, ties to the first; null where none is below. Before the
 * first step nothing is wrong yet, which counts as 1; steps without a score are passed over.
 */
function largestFall(start: PathNode, end: PathNode): Fall | null {
  let largest: Fall | null = null
  let before = start.score ?? 1
  for (const node of stepsAfter(start, end)) {
    const { score } = node
    if (score === null) continue
    if (before - score > (largest ? largest.before - largest.score : 0)) largest = { node, before, score }
    before = score
  }
  return largest
}
