import { StepscopeError } from '../core/errors.ts'
import { checkSetup } from './check-setup.ts'
import type { RunSetup, SearchEvent } from './events.ts'
import { finishSearch } from './finish-search.ts'
import type { PathNode } from './path-node.ts'
import type { SearchContext } from './search-run.ts'
import { SearchRun } from './search-run.ts'
import type { StrategyId } from './settings.ts'
import { judgesResponses, STRATEGY_IDS, usesRewardModel } from './settings.ts'
import { beam } from './strategies/beam.ts'
import { budgetForcing } from './strategies/budget-forcing.ts'
import { diverseTree } from './strategies/diverse-tree.ts'
import { greedyDecoding } from './strategies/greedy-decoding.ts'
import { greedyTree } from './strategies/greedy-tree.ts'
import { lookahead } from './strategies/lookahead.ts'
import { monteCarloTree } from './strategies/monte-carlo-tree.ts'
import { rebase } from './strategies/rebase.ts'
import { revision } from './strategies/revision.ts'
import { sampleResponses } from './strategies/sampling.ts'

/** A strategy continues from the start node until it has yielded `finished`. */
type Strategy = (run: SearchRun, start: PathNode) => AsyncGenerator<SearchEvent, void>

const STRATEGY_OF: Readonly<Record<StrategyId, Strategy>> = {
  'greedy-decoding': greedyDecoding,
  sampling: sampleResponses,
  'weighted-vote-prm': sampleResponses,
  'weighted-vote-orm': sampleResponses,
  'best-of-n-prm': sampleResponses,
  'best-of-n-orm': sampleResponses,
  'greedy-tree': greedyTree,
  beam: (run, start) => beam(run, start),
  dvts: diverseTree,
  rebase,
  lookahead,
  mcts: monteCarloTree,
  revision,
  'budget-forcing': budgetForcing,
}

/**
 * Runs a search: `started`, the given steps, then what the strategy does, and `finished` last. Every branch is given
 * back however it ends: to the end, by `return()` at any event, by an error, or by the signal, which makes it throw
 * the signal's reason at the next event or model call.
 *
 * Throws a StepscopeError `bad-setting` for settings that cannot be used.
 */
export async function* runSearch(
  setup: RunSetup,
  context: SearchContext,
  signal?: AbortSignal,
): AsyncGenerator<SearchEvent, void> {
  checkSetup(setup)
  const scored = usesRewardModel(setup.strategy)
  if (scored && !context.reward) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'This strategy needs a reward model',
      found: setup.strategy,
      place: { field: 'strategy' },
      nextStep: `Load a reward model, or choose one of ${STRATEGY_IDS.filter((id) => !usesRewardModel(id)).join(', ')}.`,
    })
  }
  // A strategy that asks no reward model gets none, so that its ledger is the policy's alone.
  const run = new SearchRun(setup, scored ? context : { ...context, reward: null }, signal)
  try {
    for await (const event of search(run)) {
      signal?.throwIfAborted()
      yield event
      signal?.throwIfAborted()
    }
  } finally {
    run.close()
  }
}

async function* search(run: SearchRun): AsyncGenerator<SearchEvent, void> {
  const start = yield* run.start()
  if (!start.finished) {
    yield* STRATEGY_OF[run.setup.strategy](run, start)
    return
  }
  if (judgesResponses(run.setup.strategy)) yield* run.judge([start], 0)
  yield* finishSearch(run, { reason: 'answered', round: 0, candidates: [start], open: [] })
}
