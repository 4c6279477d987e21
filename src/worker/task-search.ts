import type { RunSetup, SearchEvent } from '../search/events.ts'
import type { Policy, RewardModel } from '../search/models.ts'
import { runSearch } from '../search/run-search.ts'
import { checkerFor, problemOf, promptOf } from '../tasks/registry.ts'

/** The search of a setup on its task. Throws, at the first pull, a StepscopeError for an unknown task or a bad problem. */
export async function* searchTask(
  setup: RunSetup,
  models: { readonly policy: Policy; readonly reward: RewardModel | null },
  signal: AbortSignal,
): AsyncGenerator<SearchEvent, void> {
  const { task, problem } = problemOf(setup)
  const { policy, reward } = models
  const context = { prompt: promptOf(task, problem, setup.system), checker: checkerFor(task, problem), policy, reward }
  yield* runSearch(setup, context, signal)
}
