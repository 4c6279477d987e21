import { describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { RandomStream } from '../../core/random.ts'
import { mean } from '../../core/statistics.ts'
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
import { completionSequence } from '../sequence.ts'
import type { PpoItem, PpoSettings } from './loss.ts'
import { ppo } from './loss.ts'

const SETTINGS: PpoSettings = { clip: 0.2, valueClip: 0.2, valueCoefficient: 0.1, entropyCoefficient: 0 }

test.each(TRAIN_FIXTURES)('its policy agrees with PyTorch: %s', async (fixture) => {
  const folder = await openCheckpointDirectory(`tests/fixtures/${fixture}`)
  const recorded = await readRecorded(folder, 'ppo')
  const logprobs = await recordedLogprobs(folder, recorded)
  const masks = recorded.rows('completion_mask')
  const completions = (name: string) =>
    recorded.rows(name).map((values, row) => ofCompletion(values, masks[row] as readonly number[]))
  const old = completions('old_logps')
  const reference = completions('ref_logps_per_token')
  const advantages = completions('advantages_whitened')
  const returns = completions('returns')
  const items = logprobs.map(
    (row, i): PpoItem => ({
      id: `${i}`,
      sequence: completionSequence([1], row),
      oldLogprobs: old[i] as number[],
      oldValues: returns[i] as number[],
      referenceLogprobs: reference[i] as number[],
      score: recorded.tensor('rewards')[i] as number,
      advantages: advantages[i] as number[],
      returns: returns[i] as number[],
    }),
  )
  // Values that are their returns cost nothing, which leaves the policy's part.
  const { loss, metrics } = evaluateBatch(
    ppo({ ...SETTINGS, clip: recorded.figure('cliprange') }),
    items,
    logprobs.map((row, i) => [knownValues({ logprobs: row, scores: returns[i] ?? [] })]),
  )
  expectRelative(metrics['loss/policy_avg'], recorded.figure('policy_loss'), 1e-5, 0.1)
  expect(loss).toBeCloseTo(metrics['loss/policy_avg'] ?? Number.NaN, 12)
  expect(metrics['loss/value_avg']).toBe(0)
  expectRelative(
    metrics['objective/kl'],
    mean(old.map((row, i) => row.reduce((sum, value, t) => sum + value - (reference[i]?.[t] ?? 0), 0))),
  )
})

describe('proximal policy optimization', () => {
  test.each([1, 2])('its gradients are the slopes of its loss, whole or in parts: %i labels', (labels) => {
    const random = new RandomStream(9)
    const near = (values: ArrayLike<number>, distance: number) =>
      Float64Array.from(values, (value) => value + distance * (random.next() - 0.5))
    const sequences = [6, 1, 4, 3].map((tokens) => randomCompletion(random, tokens))
    const values = sequences.map((sequence) => [randomValues(sequence, random, labels)])
    const items = sequences.map((sequence, i): PpoItem => {
      const { logprobs = [], scores = [] } = values[i]?.[0] ?? {}
      const said = Array.from(scores).filter((_, at) => at % labels === 0)
      return {
        id: `${i}`,
        sequence,
        oldLogprobs: near(logprobs, 1.2),
        oldValues: near(said, 0.8),
        referenceLogprobs: near(logprobs, 2),
        score: random.next(),
        advantages: near(new Float64Array(logprobs.length), 4),
        returns: near(said, 1.5),
      }
    })
    const lossFunction = ppo({ ...SETTINGS, valueCoefficient: 0.7, entropyCoefficient: 0.03 })
    const { metrics } = evaluateBatch(lossFunction, items, values)
    expect(metrics['policy/clipfrac_avg']).toBeGreaterThan(0)
    expect(gradientError(lossFunction, items, values)).toBeLessThan(1e-8)
    expect(splitError(lossFunction, items, values)).toBeLessThan(1e-12)
  })

  const item: PpoItem = {
    id: 'a',
    sequence: completionSequence([1], [2, 3]),
    oldLogprobs: [-1, -2],
    oldValues: [0, 0.5],
    referenceLogprobs: [-2, -2.5],
    score: 0.75,
    advantages: [1, -1],
    returns: [1, 1],
  }
  const one = (changes: Partial<PpoItem>, logprobs: number[], scores: number[]) =>
    evaluateBatch(ppo(SETTINGS), [{ ...item, ...changes }], [[knownValues({ logprobs, scores, entropies: [1, 1] })]])

  test('names its figures as TRL does', () => {
    const { loss, metrics } = one({}, [-1, -2], [0, 0.5])
    expect(metrics).toEqual({
      'objective/kl': 1.5,
      'objective/entropy': 3,
      'objective/scores': 0.75,
      'policy/approxkl_avg': 0,
      'policy/clipfrac_avg': 0,
      'loss/policy_avg': 0,
      'loss/value_avg': 0.3125,
      'val/ratio': 1,
    })
    expect(loss).toBeCloseTo(0.03125, 12)
    expect(one({ referenceLogprobs: null }, [-1, -2], [0, 0.5]).metrics).not.toHaveProperty('objective/kl')
  })

  test('counts ratios past the bound and how far the policy moved', () => {
    const { metrics } = one({}, [-0.5, -2], [0, 0.5])
    expect(metrics['policy/clipfrac_avg']).toBe(0.5)
    expect(metrics['policy/approxkl_avg']).toBe(0.0625)
    expect(metrics['val/ratio']).toBeCloseTo((Math.exp(0.5) + 1) / 2, 12)
    expect(metrics['loss/policy_avg']).toBeCloseTo((-1.2 + 1) / 2, 12)
  })

  test('a value that ran ahead of its bound is charged as if it had not and gets no slope', () => {
    const { metrics, gradients } = one({}, [-1, -2], [0.9, 0.6])
    expect(metrics['loss/value_avg']).toBeCloseTo((0.8 ** 2 + 0.4 ** 2) / 4, 12)
    expect(Array.from(gradients[0]?.[0]?.scores ?? [])).toEqual([0, expect.closeTo((0.1 * -0.4) / 2, 12)])
  })

  test('a token that was all but impossible stays finite', () => {
    const { loss, gradients } = one({ oldLogprobs: [-1e4, -1e4] }, [0, 0], [1e4, -1e4])
    for (const value of [loss, ...(gradients[0]?.[0]?.logprobs ?? []), ...(gradients[0]?.[0]?.scores ?? [])]) {
      expect(Number.isFinite(value)).toBe(true)
    }
  })

  test('refuses what does not fit the completion', () => {
    const lossFunction = ppo(SETTINGS)
    expect(() => lossFunction.weight({ ...item, sequence: completionSequence([1], []) })).toThrow(
      /example a: The completion/,
    )
    expect(() => lossFunction.weight({ ...item, oldValues: [0] })).toThrow(/example a: The number of values/)
    expect(() => lossFunction.weight({ ...item, returns: [1, Number.POSITIVE_INFINITY] })).toThrow(
      /example a: Among the returns/,
    )
    expect(() => lossFunction.weight({ ...item, score: Number.NaN })).toThrow(/example a: The score/)
  })
})
