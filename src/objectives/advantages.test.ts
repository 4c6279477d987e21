import { describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import { standardDeviation } from '../core/standard-deviation.ts'
import { mean } from '../core/statistics.ts'
import { expectRelative } from '../training/testing/expect-relative.ts'
import { ofCompletion, readRecorded, TRAIN_FIXTURES } from '../training/testing/train-fixture.ts'
import { generalizedAdvantages, groupAdvantages, groupProcessAdvantages, shapedRewards, whiten } from './advantages.ts'

describe.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', (fixture) => {
  test('rewards, advantages, returns and whitening of PPO', async () => {
    const recorded = await readRecorded(await openCheckpointDirectory(`tests/fixtures/${fixture}`), 'ppo')
    const masks = recorded.rows('completion_mask')
    const completions = (name: string) =>
      recorded.rows(name).map((values, row) => ofCompletion(values, masks[row] as readonly number[]))
    const logprobs = completions('old_logps')
    const reference = completions('ref_logps_per_token')
    const values = completions('old_values')
    const rollouts = logprobs.map((sampled, row) => {
      const rewards = shapedRewards({
        logprobs: sampled,
        referenceLogprobs: reference[row] as readonly number[],
        coefficient: recorded.figure('kl_coef'),
        rewards: [{ token: sampled.length - 1, value: recorded.tensor('rewards')[row] as number }],
      })
      const estimated = generalizedAdvantages({
        rewards,
        values: values[row] as readonly number[],
        discount: recorded.figure('gamma'),
        lambda: recorded.figure('lam'),
      })
      return { rewards, ...estimated }
    })
    const compare = (found: readonly Float64Array[], name: string) => {
      const expected = completions(name)
      expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length))
      // Sums of float32 numbers about 1: what is near 0 cannot agree better than they do.
      found.forEach((row, i) => {
        row.forEach((value, t) => {
          expectRelative(value, expected[i]?.[t] as number, 1e-5, 0.1)
        })
      })
    }
    compare(
      rollouts.map(({ rewards }) => rewards),
      'token_rewards',
    )
    compare(
      rollouts.map(({ advantages }) => advantages),
      'advantages',
    )
    compare(
      rollouts.map(({ returns }) => returns),
      'returns',
    )
    compare(whiten(rollouts.map(({ advantages }) => advantages)), 'advantages_whitened')
  })

  test('advantages of a group', async () => {
    const recorded = await readRecorded(await openCheckpointDirectory(`tests/fixtures/${fixture}`), 'grpo')
    const found = groupAdvantages(recorded.tensor('rewards'))
    found.forEach((value, i) => {
      expectRelative(value, recorded.tensor('advantages')[i] as number)
    })
    expect(found.length).toBe(4)
  })
})

describe('generalized advantages', () => {
  const rewards = [0.5, -1, 2]
  const values = [0.3, 0.1, -0.4]

  test('with λ = 1 they are the discounted rest of the rewards less the value', () => {
    const { advantages, returns } = generalizedAdvantages({ rewards, values, discount: 0.5, lambda: 1 })
    expect(returns[0]).toBeCloseTo(0.5 - 0.5 + 0.5, 12)
    expect(advantages[0]).toBeCloseTo(0.5 - 0.3, 12)
    expect(returns[2]).toBeCloseTo(2, 12)
  })

  test('with λ = 0 they are one-step errors', () => {
    const { advantages } = generalizedAdvantages({ rewards, values, discount: 1, lambda: 0 })
    expect([...advantages].map((value) => Number(value.toFixed(12)))).toEqual([0.3, -1.5, 2.4])
  })

  test('of a single token they are reward less value', () => {
    expect(generalizedAdvantages({ rewards: [1], values: [0.25], discount: 0.9, lambda: 0.9 })).toEqual({
      advantages: Float64Array.of(0.75),
      returns: Float64Array.of(1),
    })
  })
})

describe('whitening', () => {
  test('gives mean 0 and variance 1 over all sequences together', () => {
    const all = whiten([[1, 2, 5], [9], [-3, 0]]).flatMap((row) => [...row])
    expect(mean(all)).toBeCloseTo(0, 12)
    expect(standardDeviation(all)).toBeCloseTo(1, 8)
  })
  test('leaves nothing of equal values or of a single one', () => {
    expect(whiten([[2, 2], [2]])).toEqual([Float64Array.of(0, 0), Float64Array.of(0)])
    expect(whiten([[7]])).toEqual([Float64Array.of(0)])
    // Their mean is rounded to another number.
    expect(whiten([Array(7).fill(1.1), [1.1]])).toEqual([new Float64Array(7), Float64Array.of(0)])
  })
})

describe('rewards per token', () => {
  test('steps earn at their last tokens, the penalty falls everywhere', () => {
    const shaped = shapedRewards({
      logprobs: [-1, -2, -3],
      referenceLogprobs: [-2, -2, -1],
      coefficient: 0.5,
      rewards: [
        { token: 1, value: 0.75 },
        { token: 2, value: 1 },
        { token: 2, value: 0.25 },
      ],
    })
    expect([...shaped]).toEqual([-0.5, 0.75, 2.25])
  })
  test('a reward outside the completion is a mistake', () => {
    const input = { logprobs: [-1], referenceLogprobs: null, coefficient: 0 }
    expect(() => shapedRewards({ ...input, rewards: [{ token: 1, value: 1 }] })).toThrow(RangeError)
    expect(() => shapedRewards({ ...input, rewards: [{ token: -1, value: 1 }] })).toThrow(RangeError)
  })
})

describe('advantages of a group', () => {
  test('of equal rewards, or of one completion, are 0', () => {
    expect([...groupAdvantages([1, 1, 1])]).toEqual([0, 0, 0])
    expect([...groupAdvantages([3])]).toEqual([0])
    expect([...groupAdvantages([1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1])]).toEqual(Array(7).fill(0))
    const rewards = Array.from({ length: 7 }, (_, token) => ({ token, value: 1.1 }))
    expect(groupProcessAdvantages([{ tokens: 7, rewards }])).toEqual([new Float64Array(7)])
  })

  test('unscaled, they are the distances from the mean', () => {
    expect([...groupAdvantages([1, 2, 6], false)]).toEqual([-2, -1, 3])
    const steps = (...values: number[]) => ({ tokens: 2, rewards: values.map((value, token) => ({ token, value })) })
    expect(groupProcessAdvantages([steps(1, 2), steps(6)], false)).toEqual([
      Float64Array.of(-3, -1),
      Float64Array.of(3, 0),
    ])
  })
  test('from steps: a token has what its own and later steps earned, normalized over the group', () => {
    const scale = 1 / (standardDeviation([1, 0, 0.5]) + 1e-4)
    const [first, second] = groupProcessAdvantages([
      {
        tokens: 5,
        rewards: [
          { token: 1, value: 1 },
          { token: 3, value: 0 },
        ],
      },
      { tokens: 2, rewards: [{ token: 1, value: 0.5 }] },
    ])
    expect([...(first ?? [])]).toEqual([0, 0, -0.5 * scale, -0.5 * scale, 0])
    expect([...(second ?? [])]).toEqual([0, 0])
  })
})
