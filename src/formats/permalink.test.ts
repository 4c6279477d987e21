import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StrategyConfig } from '../search/events.ts'
import { STRATEGY_IDS } from '../search/events.ts'
import { AGGREGATIONS } from '../search/models.ts'
import type { LinkState } from './permalink.ts'
import { readPermalink, writePermalink } from './permalink.ts'
import { defaultRecipe, OBJECTIVE_IDS } from './training-recipe.ts'

const config: StrategyConfig = {
  n: 16,
  m: 4,
  lookahead: 1,
  aggregation: 'last',
  answerBy: 'score',
  temperature: 1,
  topP: 1,
  topK: 0,
  maxRounds: 40,
  maxStepTokens: 32,
}
const defaults: LinkState = {
  task: 'countdown',
  problem: '3 5 7 2 > 24',
  policy: 'countdown-policy',
  reward: 'countdown-prm',
  strategy: 'beam',
  config,
  seed: 7,
  prefix: [],
  event: null,
  node: null,
  compare: [
    { strategy: 'greedy-tree', config: {} },
    { strategy: 'beam', config: {} },
  ],
  recipe: null,
}

const anyConfig: fc.Arbitrary<StrategyConfig> = fc.record({
  n: fc.integer({ min: 1, max: 512 }),
  m: fc.integer({ min: 1, max: 64 }),
  lookahead: fc.nat(8),
  aggregation: fc.constantFrom(...AGGREGATIONS),
  answerBy: fc.constantFrom('score', 'weighted-vote', 'majority'),
  temperature: fc.double({ min: 0, max: 5, noNaN: true }).map((value) => value + 0),
  topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
  topK: fc.nat(1000),
  maxRounds: fc.integer({ min: 1, max: 100 }),
  maxStepTokens: fc.integer({ min: 1, max: 1000 }),
})
const spec = fc.record({
  strategy: fc.constantFrom(...STRATEGY_IDS),
  config: fc.oneof(
    fc.constant({}),
    anyConfig.map(({ n, m, temperature }) => ({ n, m, temperature })),
  ),
})
const anyState: fc.Arbitrary<LinkState> = fc.record({
  task: fc.string(),
  problem: fc.string({ unit: 'grapheme' }),
  policy: fc.string(),
  reward: fc.string(),
  strategy: fc.constantFrom(...STRATEGY_IDS),
  config: anyConfig,
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  prefix: fc.array(fc.string({ unit: 'grapheme' })),
  event: fc.option(fc.nat()),
  node: fc.option(fc.nat()),
  compare: fc.oneof(fc.constant([]), fc.array(spec, { minLength: 2, maxLength: 4 })),
  recipe: fc.constantFrom(null, ...OBJECTIVE_IDS.map((objective) => ({ ...defaultRecipe(objective, 'm'), steps: 33 }))),
})

describe('permalink', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(readPermalink(`#${writePermalink(state, defaults)}`, defaults)).toEqual({ state, problems: [] })
      }),
    )
  })

  it('holds only what differs from the defaults', () => {
    expect(writePermalink(defaults, defaults)).toBe('')
    expect(writePermalink({ ...defaults, strategy: 'greedy-tree' }, defaults)).toBe('strategy=greedy-tree')
    expect(
      writePermalink({ ...defaults, problem: '1 2 3 > 6', event: 12, config: { ...config, n: 8 } }, defaults),
    ).toBe('problem=1+2+3+%3E+6&event=12&n=8')
  })

  it('falls back with a message where a value cannot be used', () => {
    const { state, problems } = readPermalink(
      '#n=many&seed=-1&strategy=guess&aggregation=max&topP=2&compare=beam&prefix=x&event=two&color=red&m=2',
      defaults,
    )
    expect(state).toEqual({ ...defaults, config: { ...config, m: 2 } })
    expect(problems.map(({ place }) => place?.field)).toEqual([
      'strategy',
      'n',
      'aggregation',
      'topP',
      'color',
      'seed',
      'prefix',
      'event',
      'compare',
    ])
    expect(problems.find(({ place }) => place?.field === 'n')).toMatchObject({
      code: 'bad-setting',
      expected: 'a whole number from 1',
      found: '"many"',
      nextStep: 'The default is used instead.',
    })
  })

  it('reads strategies with settings, as on the command line', () => {
    const { state } = readPermalink('compare=lookahead:n=4:lookahead=2,beam', defaults)
    expect(state.compare).toEqual([
      { strategy: 'lookahead', config: { n: 4, lookahead: 2 } },
      { strategy: 'beam', config: {} },
    ])
  })
})
