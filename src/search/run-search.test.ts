import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomStream } from '../core/random.ts'
import type { Ledger, RunSetup, SearchEvent } from './events.ts'
import { AGGREGATIONS } from './models.ts'
import { runSearch } from './run-search.ts'
import type { StrategyId } from './settings.ts'
import { judgesResponses, STRATEGY_IDS } from './settings.ts'
import { collect, PROMPT, setupOf, testChecker, treeOf } from './testing/collect.ts'
import { randomModels } from './testing/random-models.ts'
import { ScriptedPolicy } from './testing/scripted-models.ts'
import { stepsTo } from './tree-paths.ts'

const runs = fc.record({
  strategy: fc.constantFrom(...STRATEGY_IDS),
  key: fc.integer({ min: 0, max: 1000 }),
  m: fc.integer({ min: 1, max: 4 }),
  kept: fc.integer({ min: 1, max: 4 }),
  lookahead: fc.integer({ min: 0, max: 3 }),
  maxRounds: fc.integer({ min: 1, max: 8 }),
  aggregation: fc.constantFrom(...AGGREGATIONS),
  answerBy: fc.constantFrom('score', 'weighted-vote', 'majority'),
  voteStop: fc.constantFrom('all', 'decided', 'ahead'),
  voteBatch: fc.integer({ min: 0, max: 5 }),
  balance: fc.constantFrom(0.01, 0.2, 10),
  iterations: fc.integer({ min: 1, max: 20 }),
  attempts: fc.integer({ min: 1, max: 5 }),
  waits: fc.integer({ min: 0, max: 3 }),
  minTokens: fc.constantFrom(0, 4, 20),
  maxTokens: fc.constantFrom(0, 20, 30),
  rolloutWeight: fc.constantFrom(0, 0.5, 1),
  treeAnswer: fc.constantFrom('value', 'visits', 'weighted-vote'),
  widening: fc.constantFrom(0, 0.5, 1),
  settle: fc.constantFrom(0, 0, 3),
  kind: fc.constantFrom('process', 'outcome'),
  prefix: fc.constantFrom([], ['a\n'], ['b\n', 'c\n']),
})
type Run = typeof runs extends fc.Arbitrary<infer T> ? T : never

function setup({ strategy, key, m, kept, prefix, kind: _, ...settings }: Run): RunSetup {
  const config = { ...settings, n: m * kept, m, voteLead: 2 } as Partial<RunSetup['config']>
  return setupOf(strategy, config, { seed: key, prefix })
}

/** Characters that texts have between them, where what they begin with alike counts once. */
function beginnings(texts: readonly string[]): number {
  return new Set(texts.flatMap((text) => [...text].map((_, index) => text.slice(0, index + 1)))).size
}

const endOf = (events: readonly SearchEvent[]): Ledger => {
  const event = events.at(-1)
  if (!event) throw new Error('there are no events')
  return event.ledger
}

const failureOf = (search: Promise<unknown>): Promise<string | null> =>
  search.then(
    () => null,
    (error: Error) => error.message,
  )

describe('every search', () => {
  it('keeps the ledger: each prefix position is run once, by both models', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const kind = judgesResponses(run.strategy) ? 'outcome' : (run.kind as 'process')
        const models = randomModels(run.key, { overrun: run.key % 2, kind })
        const events = await collect(setup(run), models)
        const tree = treeOf(events)
        for (const { ledger } of events) {
          for (const { executed, unique, merged, overrun, asked } of [ledger.policy, ledger.reward]) {
            expect(executed).toBe(unique + merged + overrun)
            expect(asked + overrun).toBeGreaterThanOrEqual(executed)
          }
        }
        // Counted from the tree alone: of a step all tokens but the last were run, and that one where it was continued.
        const sampled = tree.nodes.slice(1)
        const policyTokens = sampled.map(({ tokens, children }) => tokens.length - 1 + (children.length > 0 ? 1 : 0))
        const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
        expect(endOf(events).policy.unique).toBe(PROMPT.length + sum(policyTokens))
        const scored = sampled.filter(({ score }) => score !== null)
        const read = judgesResponses(run.strategy)
          ? beginnings(scored.map(({ id }) => stepsTo(tree, id).join('')))
          : run.kind === 'process'
            ? sum(scored.map(({ text }) => text.length))
            : null
        if (read !== null) expect(endOf(events).reward.unique).toBe(tree.started?.reward ? PROMPT.length + read : 0)
        expect(endOf(events).reward.merged).toBe(0)
        expect(new Set(models.reward.scored).size).toBe(models.reward.scored.length)
      }),
      { numRuns: 300 },
    )
  })

  it('tells a consistent story: ids in order, one decision per step at least, candidates finished', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const events = await collect(setup(run), randomModels(run.key))
        const tree = treeOf(events)
        expect(tree.nodes.map(({ id }) => id)).toEqual(tree.nodes.map((_, index) => index))
        expect(tree.nodes.slice(1).filter(({ state }) => state === 'proposed')).toEqual([])
        const end = events.at(-1)
        if (end?.type !== 'finished') throw new Error('not finished')
        expect(end.candidates.every(({ node }) => tree.nodes[node]?.verdict)).toBe(true)
        if (end.node !== null) {
          expect(tree.nodes[end.node]?.state).toBe('answer')
          expect(end.candidates.map(({ node }) => node)).toContain(end.node)
        } else expect(end.candidates).toEqual([])
        const siblings = tree.nodes.flatMap(({ children }) => {
          const texts = children.map((id) => `${tree.nodes[id]?.text}|${tree.nodes[id]?.finish}`)
          return texts.length === new Set(texts).size ? [] : [texts]
        })
        expect(siblings).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('frees every branch when it ends, and when it is stopped at any event', async () => {
    for (const strategy of STRATEGY_IDS) {
      const setup = setupOf(strategy, { n: 4, m: 2, lookahead: 2 }, { seed: 3, prefix: ['a\n'] })
      const whole = randomModels(5)
      const events = await collect(setup, whole)
      expect([whole.policy.live, whole.reward.live]).toEqual([0, 0])
      for (let stop = 0; stop < events.length; stop++) {
        const returned = randomModels(5)
        let count = 0
        for await (const _ of runSearch(setup, { prompt: PROMPT, checker: testChecker, ...returned })) {
          if (count++ === stop) break
        }
        expect([returned.policy.live, returned.reward.live]).toEqual([0, 0])

        const aborted = randomModels(5)
        const controller = new AbortController()
        const seen: SearchEvent[] = []
        const consume = async (): Promise<void> => {
          const search = runSearch(setup, { prompt: PROMPT, checker: testChecker, ...aborted }, controller.signal)
          for await (const event of search) {
            seen.push(event)
            if (seen.length === stop + 1) controller.abort()
          }
        }
        await expect(consume()).rejects.toThrow('abort')
        expect(seen).toEqual(events.slice(0, stop + 1))
        expect([aborted.policy.live, aborted.reward.live]).toEqual([0, 0])
      }
    }
  })

  it('frees every branch when a model fails, or when it is aborted during a call', async () => {
    for (const strategy of STRATEGY_IDS) {
      for (let call = 1; call < 12; call++) {
        let calls = 0
        const fail = async (): Promise<void> => {
          if (++calls === call) throw new Error('the device is lost')
        }
        const models = randomModels(5, { pause: fail })
        const failed = await failureOf(collect(setupOf(strategy, { n: 4, m: 2 }), models))
        expect(failed).toBe(calls >= call ? 'the device is lost' : null)
        expect([models.policy.live, models.reward.live]).toEqual([0, 0])

        let pauses = 0
        const controller = new AbortController()
        const abort = async (): Promise<void> => {
          if (++pauses === call) controller.abort()
        }
        const aborted = randomModels(5, { pause: abort })
        const stopped = await failureOf(collect(setupOf(strategy, { n: 4, m: 2 }), aborted, controller.signal))
        expect(stopped === null).toBe(pauses < call)
        if (stopped !== null) expect(stopped).toMatch(/abort/)
        expect([aborted.policy.live, aborted.reward.live]).toEqual([0, 0])
      }
    }
  })

  it('gives the same events for the same seed, alone and side by side', async () => {
    const setups = STRATEGY_IDS.flatMap((strategy) =>
      [1, 2].map((seed) => setupOf(strategy, { n: 8, m: 4, lookahead: 2 }, { seed })),
    )
    const alone: SearchEvent[][] = []
    for (const setup of setups) alone.push(await collect(setup, randomModels(9)))
    const random = new RandomStream(1)
    const models = randomModels(9, {
      pause: async () => {
        for (let turn = random.integer(0, 5); turn > 0; turn--) await Promise.resolve()
      },
    })
    const together = await Promise.all(setups.map((setup) => collect(setup, models)))
    expect(together).toEqual(alone)
    expect(alone[2]).not.toEqual(alone[3])
  })
})

describe('settings', () => {
  const refuse = async (strategy: StrategyId, config: Parameters<typeof setupOf>[1], rest = {}) => {
    const models = randomModels(1)
    const error = await collect(setupOf(strategy, config, rest), models).catch((thrown: Error) => thrown)
    expect([models.policy.live, models.reward.live]).toEqual([0, 0])
    return (error as Error).message
  }

  it('refuses an n that m does not divide, with the reason', async () => {
    expect(await refuse('beam', { n: 10, m: 4 })).toBe(
      'n: n = 10 is not divisible by m = 4, so the n / m kept paths would not be a whole number (expected a multiple of 4, found 10)',
    )
    expect(await refuse('lookahead', { n: 4, m: 16 })).toContain('not divisible')
    await expect(collect(setupOf('greedy-tree', { n: 10, m: 4 }), randomModels(1))).resolves.toBeDefined()
  })

  it('refuses values outside their range, with the range', async () => {
    expect(await refuse('beam', { n: 0 })).toContain('expected a whole number from 1 to 1024, found 0')
    expect(await refuse('beam', { temperature: Number.NaN })).toContain('temperature')
    expect(await refuse('beam', { topP: 0 })).toContain('expected a number above 0, at most 1, found 0')
    expect(await refuse('lookahead', { lookahead: 1.5 })).toContain('lookahead')
    expect(await refuse('beam', { aggregation: 'best' as 'last' })).toContain('expected last, min, product')
    expect(await refuse('beam', {}, { seed: -1 })).toContain('seed')
    expect(await refuse('best-of-n' as 'beam', {})).toContain('expected greedy-decoding, sampling')
  })

  it('refuses a strategy that needs a reward model where there is none', async () => {
    const policy = new ScriptedPolicy(() => ({ text: 'A yes\n' }))
    await expect(collect(setupOf('beam'), { policy, reward: null })).rejects.toThrow('needs a reward model')
    await expect(collect(setupOf('sampling'), { policy, reward: null })).resolves.toBeDefined()
  })
})
