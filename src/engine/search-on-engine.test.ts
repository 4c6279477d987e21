import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import { applyEvent, emptyTree } from '../search/apply-event.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import { runSearch } from '../search/run-search.ts'
import type { StrategyId } from '../search/settings.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { recount } from '../search/testing/recount.ts'
import { countdown } from '../tasks/countdown/countdown.ts'
import { checkerFor } from '../tasks/registry.ts'
import { createDecoder } from './decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from './load-model.ts'
import type { EnginePolicy } from './policy.ts'
import type { EngineRewardModel } from './reward-model.ts'

let backend: Backend
let policy: EnginePolicy
let reward: EngineRewardModel

beforeAll(async () => {
  backend = (await openBackend({ choice: 'wasm' })).backend
  const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)
  policy = await loadPolicy(backend, await folder('countdown-policy'), {}, createDecoder)
  reward = await loadRewardModel(backend, await folder('countdown-prm'), {}, createDecoder)
})

afterAll(() => {
  policy.model.dispose()
  reward.model.dispose()
  backend.dispose()
})

async function search(strategy: StrategyId, text: string, prefix: readonly string[] = []): Promise<SearchEvent[]> {
  const problem = countdown.parse(text)
  const config = { ...DEFAULT_CONFIG, n: 8, m: 4, voteBatch: 3, iterations: 12, rolloutWeight: 0.5, widening: 0.5 }
  const setup: RunSetup = { task: 'countdown', problem: text, strategy, config, seed: 7, prefix }
  const context = {
    prompt: countdown.notation.prompt(problem),
    checker: checkerFor(countdown, problem),
    policy,
    reward,
  }
  const events: SearchEvent[] = []
  for await (const event of runSearch(setup, context)) events.push(event)
  return events
}

/** Tokens that were run or known, since the models were loaded. */
const executed = () =>
  [policy, reward].map(({ model }) => model.counters().executedTokens + model.counters().cacheHitTokens)
const RUNS: readonly (readonly [StrategyId, string, readonly string[]])[] = [
  ['greedy-decoding', '3 5 7 2 > 24', []],
  ['sampling', '3 5 7 2 > 24', []],
  ['best-of-n-prm', '3 5 7 2 > 24', []],
  ['best-of-n-orm', '3 5 7 2 > 24', ['3*5=15 : 7 2 15\n']],
  ['weighted-vote-orm', '1 8 2 13 > 24', []],
  ['greedy-tree', '1 8 2 13 > 24', []],
  ['beam', '3 5 7 2 > 24', []],
  ['beam', '3 5 7 2 > 24', ['3*5=15 : 7 2 15\n']],
  ['dvts', '3 5 7 2 > 24', []],
  ['rebase', '3 5 7 2 > 24', []],
  ['mcts', '3 5 7 2 > 24', []],
  ['lookahead', '11 1 3 4 > 23', []],
]

test.each(RUNS)(
  '%s on %s after %j: the ledger counts what the models ran, each token of the tree once',
  async (strategy, text, prefix) => {
    const before = executed()
    const events = await search(strategy, text, prefix)
    const ran = executed().map((count, i) => count - (before[i] ?? 0))
    const { ledger } = events.reduce(applyEvent, emptyTree())
    expect([ledger.policy.executed, ledger.reward.executed]).toEqual(ran)
    const { unique, merged, rewardUnique } = recount(events)
    expect(ledger.policy).toMatchObject({ unique, merged, overrun: 0, executed: unique + merged })
    expect(ledger.reward).toMatchObject({ unique: rewardUnique, executed: rewardUnique, merged: 0, overrun: 0 })
  },
)

/** One of each way to decide. */
const TOGETHER = RUNS.filter(([strategy]) => ['beam', 'weighted-vote-orm', 'dvts', 'mcts'].includes(strategy))

test('all runs at the same time give the events that each gives alone, and leave nothing', async () => {
  const together = await Promise.all(TOGETHER.map((run) => search(...run)))
  for (const [i, run] of TOGETHER.entries()) {
    for (const { model } of [policy, reward]) model.evictAll()
    expect(await search(...run)).toEqual(together[i])
    // Once more, from what is known by now.
    if (i % 2 === 0) expect(await search(...run)).toEqual(together[i])
  }
  for (const { model } of [policy, reward]) {
    const { livePages, liveBranches, liveSlots } = model.counters()
    expect({ livePages, liveBranches, slots: liveSlots - model.scheduler.scratchSlots }).toEqual({
      livePages: 0,
      liveBranches: 0,
      slots: 0,
    })
  }
})
