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
import { recordedLogprobs } from '../../training/testing/recorded-logprobs.ts'
import { ofCompletion, readRecorded, TRAIN_FIXTURES } from '../../training/testing/train-fixture.ts'
import { groupAdvantages } from '../advantages.ts'
import { completionSequence } from '../sequence.ts'
import type { GrpoItem } from './loss.ts'
import { grpo } from './loss.ts'

test.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', async (fixture) => {
  const folder = await openCheckpointDirectory(`tests/fixtures/${fixture}`)
  const recorded = await readRecorded(folder, 'grpo')
  const logprobs = await recordedLogprobs(folder, recorded)
  const masks = recorded.rows('completion_mask')
  const advantages = groupAdvantages(recorded.tensor('rewards'))
  const items = logprobs.map((row, i): GrpoItem => {
    const mask = masks[i] as readonly number[]
    return {
      id: `${i}`,
      sequence: completionSequence([1], row),
      group: 'only',
      reward: recorded.tensor('rewards')[i] as number,
      advantages: advantages[i] as number,
      oldLogprobs: ofCompletion(recorded.rows('old_logps')[i] as readonly number[], mask),
      referenceLogprobs: ofCompletion(recorded.rows('ref_logps_per_token')[i] as readonly number[], mask),
    }
  })
  const { loss, metrics } = evaluateBatch(
    grpo({ clip: recorded.figure('epsilon'), beta: recorded.figure('beta') }),
    items,
    logprobs.map((row) => [knownValues({ logprobs: row })]),
  )
  expectRelative(loss, recorded.figure('loss'))
  expectRelative(metrics.kl, recorded.figure('kl_mean'))
  expectRelative(metrics.clip_ratio, recorded.figure('clip_fraction'))
})

describe('group relative policy optimization', () => {
  const random = new RandomStream(5)
  const near = (logprobs: ArrayLike<number>, distance: number) =>
    Float64Array.from(logprobs, (value) => value + distance * (random.next() - 0.5))

  test('its gradients are the slopes of its loss, through the divergence too, whole or in parts', () => {
    const sequences = [4, 1, 6, 2].map((tokens) => randomCompletion(random, tokens))
    const values = sequences.map((sequence) => [randomValues(sequence, random)])
    const items = sequences.map((sequence, i): GrpoItem => {
      const said = values[i]?.[0]?.logprobs ?? []
      return {
        id: `${i}`,
        sequence,
        group: `${i % 2}`,
        reward: random.next(),
        advantages: i === 2 ? near(said, 3) : 2 * random.next() - 1,
        oldLogprobs: near(said, 1.2),
        referenceLogprobs: near(said, 3),
      }
    })
    const lossFunction = grpo({ clip: 0.2, beta: 0.3 })
    expect(evaluateBatch(lossFunction, items, values).metrics.clip_ratio).toBeGreaterThan(0)
    expect(gradientError(lossFunction, items, values)).toBeLessThan(1e-8)
    expect(splitError(lossFunction, items, values)).toBeLessThan(1e-12)
  })

  const item: GrpoItem = {
    id: 'a',
    sequence: completionSequence([1], [2, 3]),
    group: 'g',
    reward: 1,
    advantages: 2,
    oldLogprobs: null,
    referenceLogprobs: null,
  }

  test('on what the policy just sampled the loss is −A and the slope that of A · log π', () => {
    const { loss, gradients, metrics } = evaluateBatch(
      grpo({ clip: 0.2, beta: 0 }),
      [item],
      [[knownValues({ logprobs: [-1, -3] })]],
    )
    expect(loss).toBe(-2)
    expect(Array.from(gradients[0]?.[0]?.logprobs ?? [])).toEqual([-1, -1])
    expect(metrics).toEqual({
      reward: 1,
      reward_std: 0,
      frac_reward_zero_std: 1,
      clip_ratio: 0,
      'completions/mean_length': 2,
    })
  })

  test('every completion counts alike, however long', () => {
    const short = { ...item, id: 'b', sequence: completionSequence([1], [2]), advantages: -4 }
    const { loss } = evaluateBatch(
      grpo({ clip: 0.2, beta: 0 }),
      [item, short],
      [[knownValues({ logprobs: [-1, -3] })], [knownValues({ logprobs: [-1] })]],
    )
    expect(loss).toBe(1)
  })

  test('a ratio past the bound stops only what the advantage asks for', () => {
    const slopeAt = (logprob: number, advantage: number) => {
      const one = { ...item, sequence: completionSequence([1], [2]), advantages: advantage, oldLogprobs: [-1] }
      const { gradients } = evaluateBatch(grpo({ clip: 0.2, beta: 0 }), [one], [[knownValues({ logprobs: [logprob] })]])
      return gradients[0]?.[0]?.logprobs[0]
    }
    expect(slopeAt(-0.5, 1)).toBe(0)
    expect(slopeAt(-0.5, -1)).toBeCloseTo(Math.exp(0.5), 12)
    expect(slopeAt(-1.5, 1)).toBeCloseTo(-Math.exp(-0.5), 12)
    expect(slopeAt(-1.5, -1)).toBe(0)
  })

  test('a token that was all but impossible stays finite', () => {
    const far = { ...item, advantages: -1, oldLogprobs: [-1e4, -1e4], referenceLogprobs: [-0.1, -1e4] }
    const { loss, gradients } = evaluateBatch(
      grpo({ clip: 0.2, beta: 0.1 }),
      [far],
      [[knownValues({ logprobs: [-1e4, 0] })]],
    )
    for (const value of [loss, ...(gradients[0]?.[0]?.logprobs ?? [])]) expect(Number.isFinite(value)).toBe(true)
  })

  test('counts rewards by group', () => {
    const items = [1, 0, 0.5, 0.5].map((reward, i) => ({ ...item, reward, group: i < 2 ? 'a' : 'b' }))
    const { metrics } = evaluateBatch(
      grpo({ clip: 0.2, beta: 0 }),
      items,
      items.map(() => [knownValues({ logprobs: [-1, -1] })]),
    )
    expect(metrics.reward).toBe(0.5)
    expect(metrics.reward_std).toBeCloseTo(Math.SQRT1_2 / 2, 12)
    expect(metrics.frac_reward_zero_std).toBe(0.5)
  })

  test('refuses what does not fit the completion', () => {
    const plain = grpo({ clip: 0.2, beta: 0 })
    expect(() => plain.weight({ ...item, sequence: completionSequence([1], []) })).toThrow(/example a: The completion/)
    expect(() => plain.weight({ ...item, oldLogprobs: [-1] })).toThrow(
      /example a: .*sampling policy .*expected 2, found 1/,
    )
    expect(() => plain.weight({ ...item, advantages: [1, Number.NaN] })).toThrow(/example a: Among the advantages/)
    expect(() => plain.weight({ ...item, reward: Number.NaN })).toThrow(/example a: The reward has no value/)
    expect(() => grpo({ clip: 0.2, beta: 0.1 }).weight(item)).toThrow(/example a: .*reference model/)
  })
})
