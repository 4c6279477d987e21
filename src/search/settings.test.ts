import { describe, expect, it } from 'vitest'
import type { StrategyConfig } from './events.ts'
import { STRATEGY_IDS } from './events.ts'
import { checkSetup, DEFAULT_CONFIG, SETTINGS, STRATEGIES } from './settings.ts'

describe('SETTINGS', () => {
  it('describe every field once, each in one sentence', () => {
    const fields: Readonly<Record<keyof StrategyConfig, true>> = {
      ...{ n: true, m: true, lookahead: true, aggregation: true, answerBy: true, temperature: true, topP: true },
      ...{ topK: true, maxRounds: true, maxStepTokens: true },
    }
    expect(SETTINGS.map(({ key }) => key).toSorted()).toEqual(Object.keys(fields).toSorted())
    for (const { description } of SETTINGS) expect(description).toMatch(/^[A-Z][^.]*\.$/)
  })

  it('hold defaults that every strategy accepts', () => {
    for (const strategy of STRATEGY_IDS) {
      expect(() => checkSetup({ strategy, config: DEFAULT_CONFIG, seed: 0 })).not.toThrow()
    }
    expect(DEFAULT_CONFIG).toMatchObject({ n: 16, m: 4, lookahead: 1, aggregation: 'last', maxRounds: 40 })
  })
})

it('STRATEGIES are all there are', () => {
  expect(STRATEGIES.map(({ id }) => id)).toEqual([...STRATEGY_IDS])
})
