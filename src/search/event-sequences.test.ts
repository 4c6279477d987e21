import { describe, expect, it } from 'vitest'
import type { StrategyConfig, StrategyId } from './settings.ts'
import { judgesResponses, STRATEGY_IDS, usesRewardModel, usesSetting } from './settings.ts'
import { collect, setupOf } from './testing/collect.ts'
import { scripted, sequence } from './testing/script.ts'

/** Small enough that every event can be followed by hand. */
const SMALL: Partial<StrategyConfig> = { n: 4, m: 2, iterations: 5, attempts: 3, lookahead: 1, minTokens: 6, waits: 1 }

interface Case {
  readonly name: string
  readonly config?: Partial<StrategyConfig>
  readonly table: Readonly<Record<string, readonly string[]>>
  readonly scores: Readonly<Record<string, number>>
  readonly kind?: 'outcome'
  /** Left out where it cannot happen. */
  readonly of: (strategy: StrategyId) => boolean
}

/** Samples 0 and 2 are alike. */
const WIDE = {
  '': ['a\n', 'b\n', 'a\n', 'c\n'],
  'a\n': ['A no\n', 'A yes\n'],
  'b\n': ['A yes\n'],
  'c\n': ['A no\n'],
  'Wait\n': ['A yes\n'],
  'a\nWait\n': ['A yes\n'],
}
const EQUAL = { a: 0.5, b: 0.5, c: 0.5, 'A no': 0.5, 'A yes': 0.5 }
const UNLIKE = { a: 0.5, b: 0.7, c: 0.2, 'a/A no': 0.6, 'a/A yes': 0.9, 'b/A yes': 0.4, 'c/A no': 0.8 }

const CASES: readonly Case[] = [
  { name: 'ties, and siblings alike', table: WIDE, scores: EQUAL, of: () => true },
  { name: 'scores that differ', table: WIDE, scores: UNLIKE, of: usesRewardModel },
  {
    name: 'an early stop',
    table: { ...WIDE, 'b\n': ['A yes\n'], 'a\n': ['A yes\n'] },
    scores: UNLIKE,
    config: { voteStop: 'ahead', voteLead: 2, voteBatch: 2 },
    // Others go on until all paths have ended; that a tree search stops once its answer settles is in its own tests.
    of: (strategy) => strategy === 'lookahead' || usesSetting(strategy, 'voteStop'),
  },
  {
    name: 'a tree that is exhausted, without an answer',
    table: { '': ['a\n', '$'], 'a\n': ['$'], 'Wait\n': ['$'], 'a\nWait\n': ['$'] },
    scores: { a: 0.5 },
    of: () => true,
  },
  {
    name: 'no answer before the round limit',
    table: {
      '': ['a\n', 'b\n'],
      'a\n': ['b\n'],
      'b\n': ['a\n', 'c\n'],
      'a\nb\n': ['a\n'],
      'b\na\n': ['b\n'],
      'b\nc\n': ['a\n'],
    },
    scores: { a: 0.5, b: 0.6, c: 0.7 },
    config: { maxRounds: 2 },
    of: () => true,
  },
  {
    name: 'an outcome reward model where a process reward model is meant',
    table: WIDE,
    scores: UNLIKE,
    kind: 'outcome',
    of: (strategy) => usesRewardModel(strategy) && !judgesResponses(strategy),
  },
]

describe.each(STRATEGY_IDS)('%s', (strategy) => {
  it('has these events, in all that can happen to it', async () => {
    const parts: string[] = []
    for (const { name, table, scores, config, kind, of } of CASES) {
      if (!of(strategy)) continue
      const { policy, reward } = scripted(table, scores, kind ? { kind } : {})
      const setup = setupOf(strategy, { ...SMALL, ...config })
      const events = await collect(setup, { policy, reward: usesRewardModel(strategy) ? reward : null })
      parts.push(`# ${name}`, ...sequence(events), '')
    }
    await expect(parts.join('\n')).toMatchFileSnapshot(`testing/sequences/${strategy}.txt`)
  })

  if (!usesSetting(strategy, 'n') || !usesSetting(strategy, 'm')) return
  it('refuses an n that m does not divide', async () => {
    const models = scripted(WIDE, EQUAL)
    await expect(collect(setupOf(strategy, { ...SMALL, n: 5 }), models)).rejects.toMatchObject({
      details: { code: 'bad-setting', message: expect.stringMatching(/not divisible by m/) },
    })
    expect(models.policy.calls).toEqual([])
  })
})
