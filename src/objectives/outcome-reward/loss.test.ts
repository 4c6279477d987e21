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
import { outcomeReward } from './loss.ts'

test.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', async (fixture) => {
  const recorded = await readRecorded(await openCheckpointDirectory(`tests/fixtures/${fixture}`), 'reward-outcome-bce')
  const scores = recorded.tensor('scores')
  const { loss } = evaluateBatch(
    outcomeReward,
    recorded.tensor('labels').map((label, i) => ({ id: `${i}`, sequence: scoredSequence([1], [0]), label })),
    scores.map((score) => [knownValues({ scores: [score] })]),
  )
  expectRelative(loss, recorded.figure('loss'))
})

describe('outcome reward', () => {
  test.each([1, 2])('its gradients are the slopes of its loss, whole or in parts: %i labels', (labels) => {
    const random = new RandomStream(6)
    const items = [1, 4, 2].map((readouts, i) => ({
      id: `${i}`,
      sequence: randomTrace(random, readouts),
      label: i === 0 ? 1 : random.next(),
    }))
    const values = items.map(({ sequence }) => [randomValues(sequence, random, labels)])
    expect(gradientError(outcomeReward, items, values)).toBeLessThan(1e-8)
    expect(splitError(outcomeReward, items, values)).toBeLessThan(1e-12)
  })

  test('several readouts of a response all foresee its outcome and count alike', () => {
    const items = [
      { id: 'a', sequence: scoredSequence([1, 2, 3], [0, 1, 2]), label: 1 },
      { id: 'b', sequence: scoredSequence([1], [0]), label: 0 },
    ]
    const values = [[knownValues({ scores: [-1, 1, 3] })], [knownValues({ scores: [0.5] })]]
    const { loss, metrics } = evaluateBatch(outcomeReward, items, values)
    const cost = (x: number) => Math.log1p(Math.exp(-x))
    expect(loss).toBeCloseTo((cost(-1) + cost(1) + cost(3) + cost(-0.5)) / 4, 12)
    expect(metrics).toEqual({ accuracy: 0.5, auc: 2 / 3 })
  })

  test('has no area under the curve where all responses came out alike', () => {
    const items = [{ id: 'a', sequence: scoredSequence([1], [0]), label: 1 }]
    expect(evaluateBatch(outcomeReward, items, [[knownValues({ scores: [2] })]]).metrics).toEqual({ accuracy: 1 })
  })

  test('refuses a label that is no probability', () => {
    const sequence = scoredSequence([1], [0])
    expect(() => outcomeReward.weight({ id: 'r', sequence, label: -0.1 })).toThrow(/example r: A label .*-0\.1/)
    expect(() => outcomeReward.weight({ id: 'r', sequence, label: Number.NaN })).toThrow(/example r: A label .*NaN/)
  })
})
