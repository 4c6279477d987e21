import type { SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import type { SearchRun } from '../search-run.ts'

/** Always the most probable token: temperature 0, one path, no reward model. */
export async function* greedyDecoding(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  let node = start
  for (let round = 1; round <= run.config.maxRounds; round++) {
    const [next] = yield* run.propose([{ node, count: 1 }], round, 0)
    if (!next) throw new RangeError('the policy proposed nothing')
    if (next.finished) {
      yield* finishSearch(run, { reason: 'answered', round, candidates: [next], open: [] })
      return
    }
    yield run.kept(next, round, { rule: 'only-child', score: null, against: null, rank: 1, of: 1, kept: 1 })
    run.releaseAllBut([next])
    node = next
  }
  yield* finishSearch(run, { reason: 'max-rounds', round: run.config.maxRounds, candidates: [], open: [node] })
}
