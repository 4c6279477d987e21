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
import { completionSequence, wholeSequence } from '../sequence.ts'
import { sft } from './loss.ts'

describe('supervised fine-tuning', () => {
  test('is the mean over the completion tokens of all sequences', () => {
    const items = [
      { id: 'a', sequence: completionSequence([1, 2], [3, 4, 5]) },
      { id: 'b', sequence: completionSequence([1], [7]) },
    ]
    const { loss, gradients, metrics } = evaluateBatch(sft, items, [
      [knownValues({ logprobs: [-1, -2, -3], entropies: [1, 1, 2], hits: [1, 0, 1] })],
      [knownValues({ logprobs: [-4], entropies: [4], hits: [0] })],
    ])
    expect(loss).toBe(2.5)
    expect(metrics).toEqual({ entropy: 2, mean_token_accuracy: 0.5, num_tokens: 7 })
    expect(gradients.flat().flatMap(({ logprobs }) => Array.from(logprobs))).toEqual([-0.25, -0.25, -0.25, -0.25])
  })

  test('its gradients are the slopes of its loss, whole or in parts', () => {
    const random = new RandomStream(1)
    const items = [5, 1, 3].map((tokens, i) => ({ id: `${i}`, sequence: randomCompletion(random, tokens) }))
    const values = items.map(({ sequence }) => [randomValues(sequence, random)])
    expect(gradientError(sft, items, values)).toBeLessThan(1e-8)
    expect(splitError(sft, items, values)).toBeLessThan(1e-12)
  })

  test('pretraining learns every token but the first', () => {
    const { readouts, targets, tokenIds } = wholeSequence([5, 6, 7])
    expect([...readouts]).toEqual([0, 1])
    expect([...targets]).toEqual([6, 7])
    expect([...tokenIds]).toEqual([5, 6, 7])
  })

  test('refuses an empty completion, a missing prompt and missing targets, and names the example', () => {
    expect(() => sft.weight({ id: 'line 7', sequence: completionSequence([1], []) })).toThrow(
      /example line 7: The completion has no tokens/,
    )
    expect(() => sft.weight({ id: '8', sequence: completionSequence([], [1, 2]) })).toThrow(
      /example 8: .*found position -1/,
    )
    const sequence = { ...completionSequence([1], [2, 3]), targets: Uint32Array.of(2) }
    expect(() => sft.weight({ id: '9', sequence })).toThrow(/example 9: The number of targets .*expected 2, found 1/)
    const twice = { ...completionSequence([1], [2, 3]), readouts: Uint32Array.of(1, 1) }
    expect(() => sft.weight({ id: '10', sequence: twice })).toThrow(/example 10: A position to evaluate lies outside/)
  })
})
