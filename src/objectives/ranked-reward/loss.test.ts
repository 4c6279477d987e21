import { describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { RandomStream } from '../../core/random.ts'
import {
  evaluateBatch,
  gradientError,
  knownValues,
  randomTrace,
  randomValues,
  splitError,
} from '../../training/testing/evaluate-batch.ts'
import { expectRelative } from '../../training/testing/expect-relative.ts'
import { readRecorded, TRAIN_FIXTURES } from '../../training/testing/train-fixture.ts'
import { scoredSequence } from '../sequence.ts'
import { rankedReward } from './loss.ts'

const end = scoredSequence([1, 2], [1])

test.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', async (fixture) => {
  const recorded = await readRecorded(
    await openCheckpointDirectory(`tests/fixtures/${fixture}`),
    'reward-bradley-terry',
  )
  const pairs = recorded.figures.pairs as readonly (readonly [number, number])[]
  const scores = recorded.tensor('scores')
  const { loss, metrics } = evaluateBatch(
    rankedReward,
    pairs.map((_, i) => ({ id: `${i}`, chosen: end, rejected: end })),
    pairs.map((pair) => pair.map((row) => knownValues({ scores: [scores[row] ?? Number.NaN] }))),
  )
  expectRelative(loss, recorded.figure('loss'))
  expect(metrics.accuracy).toBe(recorded.figure('accuracy'))
  expectRelative(
    metrics.margin,
    pairs.reduce((sum, [a, b]) => sum + (scores[a] ?? 0) - (scores[b] ?? 0), 0) / pairs.length,
  )
  expectRelative(metrics.mean_reward, scores.reduce((sum, score) => sum + score, 0) / scores.length)
  expect(metrics.min_reward).toBe(Math.min(...scores))
  expect(metrics.max_reward).toBe(Math.max(...scores))
})

describe('ranked reward', () => {
  test.each([1, 2])('its gradients are the slopes of its loss, whole or in parts: %i labels', (labels) => {
    const random = new RandomStream(4)
    const items = [1, 2, 3].map((readouts) => ({
      id: `${readouts}`,
      chosen: randomTrace(random, readouts),
      rejected: randomTrace(random, 4 - readouts),
    }))
    const values = items.map(({ chosen, rejected }) => [
      randomValues(chosen, random, labels),
      randomValues(rejected, random, labels),
    ])
    expect(gradientError(rankedReward, items, values)).toBeLessThan(1e-8)
    expect(splitError(rankedReward, items, values)).toBeLessThan(1e-12)
  })

  test('a pair far the wrong way round costs its margin', () => {
    const { loss, gradients, metrics } = evaluateBatch(
      rankedReward,
      [{ id: 'p', chosen: end, rejected: end }],
      [[knownValues({ scores: [-1e4] }), knownValues({ scores: [1e4] })]],
    )
    expect(loss).toBe(2e4)
    expect(gradients[0]?.map(({ scores }) => scores[0])).toEqual([-1, 1])
    expect(metrics).toMatchObject({ accuracy: 0, margin: -2e4, min_reward: -1e4, max_reward: 1e4 })
  })

  test('names the pair and the side without a readout', () => {
    const item = { id: 'p', chosen: end, rejected: scoredSequence([1], []) }
    expect(() => rankedReward.weight(item)).toThrow(/example p, rejected: No position to score/)
  })
})
