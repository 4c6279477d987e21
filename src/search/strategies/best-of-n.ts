import type { SearchEvent } from '../events.ts'
import type { PathNode } from '../path-node.ts'
import type { SearchRun } from '../search-run.ts'
import { sampleResponses } from './sampling.ts'

/** n sampled responses, every step scored; the one with the highest path score (Cobbe et al. 2021), or by vote. */
export async function* bestOfN(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  yield* sampleResponses(run, start, true)
}
