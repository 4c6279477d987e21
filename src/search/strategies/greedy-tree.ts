import type { SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { keepBest } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'

/** Each round m proposals from the one kept path; the reward model keeps the best; until the kept one is finished. */
export async function* greedyTree(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  const { m, maxRounds } = run.config
  let node = start
  for (let round = 1; round <= maxRounds; round++) {
    const proposals = yield* run.propose([{ node, count: m }], round)
    yield* run.score(proposals, round)
    const [best] = yield* keepBest(run, proposals, 1, round)
    if (!best) throw new RangeError('the policy proposed nothing')
    if (best.finished) {
      yield* finishSearch(run, { reason: 'answered', round, candidates: [best], open: [] })
      return
    }
    run.releaseAllBut([best])
    node = best
  }
  yield* finishSearch(run, { reason: 'max-rounds', round: maxRounds, candidates: [], open: [node] })
}
