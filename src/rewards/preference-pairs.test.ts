import { describe, expect, it } from 'vitest'
import { PROMPT } from '../search/testing/collect.ts'
import { ScriptedRewardModel } from '../search/testing/scripted-models.ts'
import { preferencePairs } from './preference-pairs.ts'
import { scoreResponses } from './score-responses.ts'

const responses = [
  { text: 'a', correct: true, score: 0.9 },
  { text: 'b', correct: false, score: 0.6 },
  { text: 'c', correct: false, score: 0.1 },
  { text: 'a', correct: true, score: 0.9 },
  { text: 'd', correct: true, score: 0.2 },
]
const settings = { by: 'verifier', minMargin: 0, maxPairs: 100, seed: 7 } as const
const names = (pairs: readonly { chosen: string; rejected: string }[]) =>
  pairs.map(({ chosen, rejected }) => chosen + rejected).sort()

describe('preferencePairs', () => {
  it('prefers right to wrong, or the higher score by a margin; equal texts count once', () => {
    expect(names(preferencePairs(responses, settings))).toEqual(['ab', 'ac', 'db', 'dc'])
    expect(names(preferencePairs(responses, { ...settings, minMargin: 0.05 }))).toEqual(['ab', 'ac', 'dc'])
    const scored = preferencePairs(responses, { ...settings, by: 'score', minMargin: 0.3 })
    expect(names(scored)).toEqual(['ab', 'ac', 'ad', 'bc', 'bd'])
    expect(scored.find(({ rejected }) => rejected === 'c')?.margin).toBeGreaterThan(0.4)
    expect(preferencePairs(responses.slice(0, 1), settings)).toEqual([])
    const unscored = responses.map(({ text, correct }) => ({ text, correct }))
    expect(preferencePairs(unscored, settings).map(({ margin }) => margin)).toEqual([null, null, null, null])
    expect(() => preferencePairs(unscored, { ...settings, by: 'score' })).toThrow(RangeError)
  })

  it('draws at most so many by the seed', () => {
    const all = preferencePairs(responses, settings)
    expect(preferencePairs(responses, { ...settings, maxPairs: 2 })).toEqual(all.slice(0, 2))
    const orders = new Set(
      [1, 2, 3, 4, 5].map((seed) => names(preferencePairs(responses, { ...settings, seed, maxPairs: 1 })).join()),
    )
    expect(orders.size).toBeGreaterThan(1)
  })
})

describe('scoreResponses', () => {
  it('scores every step of every response, in order', async () => {
    const reward = new ScriptedRewardModel((text) => text.length / 100)
    const problems = [
      { prompt: PROMPT, responses: [['ab\n', 'c\n'], ['abcd\n']] },
      { prompt: PROMPT, responses: [] },
      { prompt: PROMPT, responses: [[]] },
    ]
    const found: (readonly (readonly number[])[])[] = []
    for await (const { scores } of scoreResponses(reward, problems, { concurrency: 2 })) found.push(scores)
    expect(found).toEqual([[[0.03, 0.05], [0.05]], [], [[]]])
    expect(reward.live).toBe(0)
  })
})
