import type { SearchEvent } from '../events.ts'
import type { PathNode } from '../path-node.ts'
import { rollOut } from '../roll-out.ts'
import type { SearchRun } from '../search-run.ts'
import type { Evaluate } from './beam.ts'
import { beam } from './beam.ts'

/**
 * Beam search whose proposals are ranked by the reward model at the end of a rollout of up to k further steps at
 * temperature 0 (Snell et al. 2024). A rollout that finishes with an answer that the task's check accepts stops the
 * search, which returns it. n = m keeps one path; k = 0 is beam search.
 */
export async function* lookahead(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  yield* run.config.lookahead === 0 ? beam(run, start) : beam(run, start, scoreRollouts)
}

const scoreRollouts: Evaluate = async function* (run, proposals, round) {
  yield* run.score(proposals, round)
  return yield* rollOut(run, proposals, round)
}
