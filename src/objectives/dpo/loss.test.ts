import { describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { RandomStream } from '../../core/random.ts'
import {
  evaluateBatch,
  gradientError,
  knownValues,
  randomCompletion,
  randomValues,
  splitError,
} from '../../training/testing/evaluate-batch.ts'
import { expectRelative } from '../../training/testing/expect-relative.ts'
import { readRecorded, TRAIN_FIXTURES } from '../../training/testing/train-fixture.ts'
import { completionSequence } from '../sequence.ts'
import { dpo } from './loss.ts'

test.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', async (fixture) => {
  const recorded = await readRecorded(await openCheckpointDirectory(`tests/fixtures/${fixture}`), 'dpo')
  const logps = recorded.tensor('logps')
  const reference = recorded.tensor('ref_logps')
  const lossFunction = dpo({ beta: recorded.figure('beta') })
  // The sum of a completion's log-probabilities is all that counts: here it is one token's.
  const sequence = completionSequence([1], [2])
  const pairs = recorded.figures.pairs as readonly (readonly [number, number])[]
  const items = pairs.map(([chosen, rejected]) => ({
    id: `${chosen}`,
    chosen: sequence,
    rejected: sequence,
    reference: { chosen: reference[chosen] ?? Number.NaN, rejected: reference[rejected] ?? Number.NaN },
  }))
  const { loss, metrics } = evaluateBatch(
    lossFunction,
    items,
    pairs.map((pair) => pair.map((row) => knownValues({ logprobs: [logps[row] ?? Number.NaN] }))),
  )
  expectRelative(loss, recorded.figure('loss'))
  for (const name of ['rewards/chosen', 'rewards/rejected', 'rewards/margins', 'rewards/accuracies']) {
    expectRelative(metrics[name], recorded.figure(name))
  }
  expectRelative(metrics['logps/chosen'], pairs.reduce((sum, [row]) => sum + (logps[row] ?? 0), 0) / pairs.length)
  expectRelative(metrics['logps/rejected'], pairs.reduce((sum, [, row]) => sum + (logps[row] ?? 0), 0) / pairs.length)
})

describe('direct preference optimization', () => {
  test('its gradients are the slopes of its loss, whole or in parts', () => {
    const random = new RandomStream(3)
    const items = [
      [4, 2],
      [1, 5],
      [3, 1],
    ].map(([chosen = 0, rejected = 0], i) => ({
      id: `${i}`,
      chosen: randomCompletion(random, chosen),
      rejected: randomCompletion(random, rejected),
      reference: { chosen: -2 * chosen, rejected: -2 * rejected },
    }))
    const values = items.map(({ chosen, rejected }) => [randomValues(chosen, random), randomValues(rejected, random)])
    for (const rpoAlpha of [0, 1.3]) {
      const lossFunction = dpo({ beta: 0.7, rpoAlpha })
      expect(gradientError(lossFunction, items, values)).toBeLessThan(1e-8)
      expect(splitError(lossFunction, items, values)).toBeLessThan(1e-12)
    }
  })

  test('α adds the mean negative log-probability of the chosen response alone', () => {
    const item = { ...pair(-3, -7), chosen: completionSequence([1], [2, 3]) }
    const values = [[knownValues({ logprobs: [-1, -2] }), knownValues({ logprobs: [-7] })]]
    const { loss, metrics } = evaluateBatch(dpo({ beta: 0.1, rpoAlpha: 2 }), [item], values)
    expect(loss).toBeCloseTo(Math.LN2 + 2 * 1.5, 12)
    expect(metrics.nll_loss).toBe(1.5)
    expect(evaluateBatch(dpo({ beta: 0.1 }), [item], values).metrics).not.toHaveProperty('nll_loss')
  })

  const pair = (chosen: number, rejected: number) => ({
    id: 'p',
    chosen: completionSequence([1], [2]),
    rejected: completionSequence([1], [3]),
    reference: { chosen, rejected },
  })

  test('a policy that is its reference loses log 2, however long the completions', () => {
    const { loss, metrics } = evaluateBatch(
      dpo({ beta: 0.1 }),
      [pair(-3, -7)],
      [[knownValues({ logprobs: [-3] }), knownValues({ logprobs: [-7] })]],
    )
    expect(loss).toBe(Math.LN2)
    expect(metrics['rewards/accuracies']).toBe(0)
  })

  test('a hopeless pair has a finite loss and the full slope', () => {
    const { loss, gradients } = evaluateBatch(
      dpo({ beta: 1 }),
      [pair(0, -1e5)],
      [[knownValues({ logprobs: [-1e5] }), knownValues({ logprobs: [0] })]],
    )
    expect(loss).toBe(2e5)
    expect(gradients[0]?.map(({ logprobs }) => logprobs[0])).toEqual([-1, 1])
  })

  test('names the pair and the side that cannot be learned from', () => {
    expect(() => dpo({ beta: 0.1 }).weight({ ...pair(-1, -1), rejected: completionSequence([1], []) })).toThrow(
      /example p, rejected: The completion has no tokens/,
    )
    expect(() => dpo({ beta: 0.1 }).weight(pair(Number.NaN, -1))).toThrow(/example p, chosen: .*log-probability/)
  })
})
