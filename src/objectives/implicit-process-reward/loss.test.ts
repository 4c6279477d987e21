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
import { ofCompletion, readRecorded, TRAIN_FIXTURES } from '../../training/testing/train-fixture.ts'
import { completionSequence } from '../sequence.ts'
import { implicitProcessReward, implicitTokenRewards } from './loss.ts'

test.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', async (fixture) => {
  const recorded = await readRecorded(await openCheckpointDirectory(`tests/fixtures/${fixture}`), 'implicit-prm')
  const beta = recorded.figure('beta')
  const masks = recorded.rows('completion_mask')
  const rewards = recorded.rows('token_rewards').map((row, i) => ofCompletion(row, masks[i] as readonly number[]))
  // A reference of probability 1 leaves the policy's log-probabilities as rewards.
  const { loss } = evaluateBatch(
    implicitProcessReward({ beta }),
    rewards.map((row, i) => ({
      id: `${i}`,
      sequence: completionSequence([1], row),
      referenceLogprobs: new Float64Array(row.length),
      label: recorded.tensor('labels')[i] as number,
    })),
    rewards.map((row) => [knownValues({ logprobs: row.map((reward) => reward / beta) })]),
  )
  expectRelative(loss, recorded.figure('loss'))
})

describe('implicit process reward', () => {
  const lossFunction = implicitProcessReward({ beta: 0.5 })

  test('its gradients are the slopes of its loss, whole or in parts', () => {
    const random = new RandomStream(7)
    const items = [5, 1, 2].map((tokens, i) => ({
      id: `${i}`,
      sequence: randomCompletion(random, tokens),
      referenceLogprobs: Float64Array.from({ length: tokens }, () => -3 * random.next()),
      label: [1, 0, 0.3][i] ?? 0,
    }))
    const values = items.map(({ sequence }) => [randomValues(sequence, random)])
    expect(gradientError(lossFunction, items, values)).toBeLessThan(1e-8)
    expect(splitError(lossFunction, items, values)).toBeLessThan(1e-12)
  })

  const item = { id: 'a', sequence: completionSequence([1], [2, 3]), referenceLogprobs: [-1e5, -1], label: 0 }

  test('an extreme reward stays finite', () => {
    const { loss, gradients, metrics } = evaluateBatch(lossFunction, [item], [[knownValues({ logprobs: [-1, -1] })]])
    expect(loss).toBeCloseTo(0.5 * (1e5 - 1), 6)
    expect(Array.from(gradients[0]?.[0]?.logprobs ?? [])).toEqual([0.5, 0.5])
    expect(metrics).toEqual({ accuracy: 0 })
  })

  test('a token is rewarded with β times its log-ratio', () => {
    expect([...implicitTokenRewards(0.5, [-1, -2, -3, -4], [-2, -2, -1, -5])]).toEqual([0.5, 0, -1, 0.5])
  })

  test('refuses what does not fit', () => {
    expect(() => lossFunction.weight({ ...item, label: 2 })).toThrow(/example a: A label/)
    expect(() => lossFunction.weight({ ...item, referenceLogprobs: [] })).toThrow(/example a: .*reference model/)
    expect(() => lossFunction.weight({ ...item, sequence: completionSequence([1], []) })).toThrow(
      /example a: The completion/,
    )
  })
})
