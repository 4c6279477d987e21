import { openUrlCheckpoint } from '../../src/engine/checkpoint/checkpoint-files-url.ts'
import { runSearch } from '../../src/search/run-search.ts'
import { DEFAULT_CONFIG } from '../../src/search/settings.ts'
import { checkerFor, promptOf, taskById } from '../../src/tasks/registry.ts'
import { engineLoader } from '../../src/worker/engine-loader.ts'
import { sourcesOf } from '../../src/worker/sources/model-provider.ts'

export interface BeamFigures {
  readonly adapter: string
  readonly problems: number
  /** Tokens sampled by the policy, merged duplicates included. */
  readonly generatedTokens: number
  readonly executedTokens: number
  readonly scoredTokens: number
  readonly overrunTokens: number
  /** Of the whole search: proposing, scoring and deciding. */
  readonly tokensPerSecond: number
  readonly solved: number
}

/** Beam searches one after the other, the first one (which warms up) not counted. */
export async function measureBeam(problems: readonly string[], backend: 'webgpu' | 'cpu'): Promise<BeamFigures> {
  const engine = await engineLoader(sourcesOf(({ id }) => openUrlCheckpoint({ baseUrl: `/checkpoints/${id}/` }))).load(
    {
      backend,
      policy: { source: { kind: 'bundled', id: 'countdown-policy' } },
      reward: { source: { kind: 'bundled', id: 'countdown-prm' } },
    },
    () => {},
    new AbortController().signal,
  )
  let [generated, executed, scored, overrun, solved, milliseconds] = [0, 0, 0, 0, 0, 0]
  const task = taskById('countdown')
  for (const [index, problem] of [problems[0] ?? '', ...problems].entries()) {
    const parsed = task.parse(problem)
    const context = {
      prompt: promptOf(task, parsed),
      checker: checkerFor(task, parsed),
      policy: engine.policy,
      reward: engine.reward,
    }
    const setup = {
      task: 'countdown',
      problem,
      strategy: 'beam' as const,
      config: { ...DEFAULT_CONFIG, n: 16, m: 4 },
      seed: 7,
      prefix: [],
    }
    const start = performance.now()
    for await (const event of runSearch(setup, context)) {
      if (index === 0) continue
      if (event.type === 'proposed') generated += event.tokens.length * event.samples.length
      if (event.type !== 'finished') continue
      milliseconds += performance.now() - start
      executed += event.ledger.policy.executed
      overrun += event.ledger.policy.overrun
      scored += event.ledger.reward.executed
      solved += event.correct ? 1 : 0
    }
  }
  engine.dispose()
  return {
    adapter: engine.policy.info.adapter,
    problems: problems.length,
    generatedTokens: generated,
    executedTokens: executed,
    scoredTokens: scored,
    overrunTokens: overrun,
    tokensPerSecond: (generated * 1000) / milliseconds,
    solved,
  }
}
