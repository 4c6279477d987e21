import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../core/random.ts'
import {
  evaluateBatch,
  gradientError,
  knownValues,
  randomCompletion,
  randomValues,
  splitError,
} from '../../training/testing/evaluate-batch.ts'
import { completionSequence } from '../sequence.ts'
import { simpo } from './loss.ts'

const pair = { id: 'p', chosen: completionSequence([1], [2, 3]), rejected: completionSequence([1], [4, 5, 6, 7]) }

describe('simple preference optimization', () => {
  test('is the negative log-sigmoid of the difference of mean log-probabilities less the margin', () => {
    const values = [[knownValues({ logprobs: [-1, -2] }), knownValues({ logprobs: [-3, -1, -2, -4] })]]
    const { loss, metrics, gradients } = evaluateBatch(simpo({ beta: 2, gamma: 0.5 }), [pair], values)
    // r(chosen) = 2 · (−3 / 2) = −3, r(rejected) = 2 · (−10 / 4) = −5, margin 2 − 0.5: log(1 + e^−1.5) = 0.201413278…
    expect(loss).toBeCloseTo(0.2014132779827524, 14)
    expect(metrics).toEqual({
      'rewards/chosen': -3,
      'rewards/rejected': -5,
      'rewards/margins': 2,
      'rewards/accuracies': 1,
    })
    // −β σ(−1.5) over the number of tokens; σ(−1.5) = 0.182425523806…
    const [[chosen, rejected] = []] = gradients
    for (const slope of chosen?.logprobs ?? []) expect(slope).toBeCloseTo(-0.18242552380635635, 14)
    for (const slope of rejected?.logprobs ?? []) expect(slope).toBeCloseTo(0.18242552380635635 / 2, 14)
    expect([chosen?.logprobs.length, rejected?.logprobs.length]).toEqual([2, 4])
  })

  test('its gradients are the slopes of its loss, whole or in parts', () => {
    const random = new RandomStream(3)
    const lengths: readonly (readonly [number, number])[] = [
      [4, 2],
      [1, 5],
      [3, 1],
    ]
    const items = lengths.map(([chosen, rejected], i) => ({
      id: `${i}`,
      chosen: randomCompletion(random, chosen),
      rejected: randomCompletion(random, rejected),
    }))
    const values = items.map(({ chosen, rejected }) => [randomValues(chosen, random), randomValues(rejected, random)])
    for (const gamma of [0, 1.3]) {
      const lossFunction = simpo({ beta: 2, gamma })
      expect(gradientError(lossFunction, items, values)).toBeLessThan(1e-8)
      expect(splitError(lossFunction, items, values)).toBeLessThan(1e-12)
    }
  })

  test('a response twice as long with the same mean has the same reward', () => {
    const once = [[knownValues({ logprobs: [-1, -2] }), knownValues({ logprobs: [-3, -4] })]]
    const twice = [[knownValues({ logprobs: [-1, -2] }), knownValues({ logprobs: [-3, -4, -3, -4] })]]
    const lossOf = (values: typeof once) => evaluateBatch(simpo({ beta: 2, gamma: 0.5 }), [pair], values).loss
    expect(lossOf(twice)).toBe(lossOf(once))
  })

  test('names the pair and the side that cannot be learned from', () => {
    const { weight } = simpo({ beta: 2, gamma: 0.5 })
    expect(() => weight({ ...pair, rejected: completionSequence([1], []) })).toThrow(
      /example p, rejected: The completion has no tokens/,
    )
  })
})
