import { describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { logOdds } from '../../core/numerics.ts'
import { RandomStream } from '../../core/random.ts'
import {
  evaluateBatch,
  gradientError,
  knownValues,
  randomTrace,
  randomValues,
  splitError,
} from '../../training/testing/evaluate-batch.ts'
import { readRecorded, TRAIN_FIXTURES } from '../../training/testing/train-fixture.ts'
import { scoredSequence } from '../sequence.ts'
import { processReward } from './loss.ts'

test.each(TRAIN_FIXTURES)('agrees with PyTorch: %s', async (fixture) => {
  const recorded = await readRecorded(await openCheckpointDirectory(`tests/fixtures/${fixture}`), 'prm-soft-bce')
  const scores = recorded.rows('step_scores')
  const labels = recorded.rows('labels')
  const rows = recorded.rows('input_ids').map((ids, row) => {
    const readouts = ids.map((_, t) => t).filter((t) => (labels[row]?.[t] ?? -100) >= 0)
    const at = (values: readonly number[] | undefined) => readouts.map((t) => values?.[t] ?? Number.NaN)
    return {
      item: { id: `${row}`, sequence: scoredSequence(ids, readouts), labels: at(labels[row]) },
      scores: at(scores[row]),
    }
  })
  const { loss } = evaluateBatch(
    processReward,
    rows.map(({ item }) => item),
    rows.map((row) => [knownValues({ scores: row.scores.map((score) => logOdds(score)) })]),
  )
  expect(Math.abs(loss / recorded.figure('loss') - 1)).toBeLessThan(1e-5)
})

describe('process reward', () => {
  const random = new RandomStream(2)
  const items = [3, 1, 2].map((readouts, i) => ({
    id: `${i}`,
    sequence: randomTrace(random, readouts),
    labels: Float64Array.from({ length: readouts }, (_, step) => (step === 0 ? random.integer(0, 1) : random.next())),
  }))

  test.each([1, 2, 3])('its gradients are the slopes of its loss, whole or in parts: %i labels', (labels) => {
    const values = items.map(({ sequence }) => [randomValues(sequence, random, labels)])
    expect(gradientError(processReward, items, values)).toBeLessThan(1e-8)
    expect(splitError(processReward, items, values)).toBeLessThan(1e-12)
  })

  test('weighted labels count as often as they weigh, and their slopes are those of the loss', () => {
    const sequence = scoredSequence([1, 2, 3], [0, 1, 2])
    const weights = [
      { right: 2, wrong: 0.5 },
      { right: 2, wrong: 0.5 },
      { right: 0, wrong: 0 },
    ]
    const item = { id: 'a', sequence, labels: [1, 0, 0.25], weights }
    const values = [[knownValues({ scores: [0.4, -0.3, 7] })]]
    // (2 log(1 + e^−0.4) + ½ log(1 + e^−0.3)) / 2.5
    const expected = (2 * Math.log1p(Math.exp(-0.4)) + 0.5 * Math.log1p(Math.exp(-0.3))) / 2.5
    expect(evaluateBatch(processReward, [item], values).loss).toBeCloseTo(expected, 14)
    const others = items.map((one) => ({
      ...one,
      weights: Array.from(one.labels, () => ({ right: random.next(), wrong: 3 * random.next() })),
    }))
    const said = others.map((one) => [randomValues(one.sequence, random, 1)])
    expect(gradientError(processReward, others, said)).toBeLessThan(1e-8)
    expect(splitError(processReward, others, said)).toBeLessThan(1e-12)
    const once = items.map((one) => ({ ...one, weights: Array.from(one.labels, () => ({ right: 1, wrong: 1 })) }))
    expect(evaluateBatch(processReward, once, said).loss).toBeCloseTo(
      evaluateBatch(processReward, items, said).loss,
      12,
    )
  })

  test('a batch in which nothing weighs anything has a loss and slopes of exactly 0', () => {
    const item = { id: 'a', sequence: scoredSequence([1], [0]), labels: [1], weights: [{ right: 0, wrong: 0 }] }
    const { loss, gradients } = evaluateBatch(processReward, [item], [[knownValues({ scores: [3] })]])
    expect([loss, gradients[0]?.[0]?.scores[0]]).toEqual([0, 0])
  })

  test('two labels mean the cross-entropy of their softmax', () => {
    const item = { id: 'a', sequence: scoredSequence([1, 2], [1]), labels: [1] }
    const { loss } = evaluateBatch(processReward, [item], [[knownValues({ scores: [0.3, 1.1] })]])
    expect(loss).toBeCloseTo(Math.log(Math.exp(0.3) + Math.exp(1.1)) - 1.1, 12)
  })

  test('counts accuracy, area under the curve and calibration over the steps of the batch', () => {
    const item = { id: 'a', sequence: scoredSequence([1, 2, 3, 4], [0, 1, 2, 3]), labels: [1, 0.25, 0, 1] }
    const scores = [0.95, 0.65, 0.45, 0.55].map((score) => logOdds(score))
    const { metrics } = evaluateBatch(processReward, [item], [[knownValues({ scores })]])
    expect(metrics.accuracy).toBe(0.75)
    expect(metrics.auc).toBe(0.75)
    expect(metrics.calibration_error).toBeCloseTo((0.05 + 0.4 + 0.45 + 0.45) / 4, 12)
  })

  test('extreme scores cost what they must and no more than a number can say', () => {
    const item = { id: 'a', sequence: scoredSequence([1, 2, 3, 4], [0, 1, 2, 3]), labels: [1, 0, 1, 0.5] }
    const { loss, gradients } = evaluateBatch(
      processReward,
      [item],
      [[knownValues({ scores: [1e4, 1e4, -1e4, -1e4] })]],
    )
    expect(loss).toBe((0 + 1e4 + 1e4 + 5e3) / 4)
    expect(Array.from(gradients[0]?.[0]?.scores ?? [])).toEqual([0, 0.25, -0.25, -0.125])
  })

  test('leaves out the area under the curve where all steps are right', () => {
    const item = { id: 'a', sequence: scoredSequence([1, 2], [0, 1]), labels: [1, 1] }
    const { metrics } = evaluateBatch(processReward, [item], [[knownValues({ scores: [1, -1] })]])
    expect(Object.keys(metrics).sort()).toEqual(['accuracy', 'calibration_error'])
  })

  test('refuses labels that are no probabilities and steps without one', () => {
    const sequence = scoredSequence([1, 2, 3], [0, 2])
    expect(() => processReward.weight({ id: 'x', sequence, labels: [0.5, 1.01] })).toThrow(/example x: A label .*1\.01/)
    expect(() => processReward.weight({ id: 'x', sequence, labels: [-100, 1] })).toThrow(/example x: A label .*-100/)
    expect(() => processReward.weight({ id: 'x', sequence, labels: [1] })).toThrow(/example x: The number of labels/)
    expect(() => processReward.weight({ id: 'x', sequence, labels: [Number.NaN, 1] })).toThrow(
      /example x: Among the labels/,
    )
    const none = scoredSequence([1, 2, 3], [])
    expect(() => processReward.weight({ id: 'x', sequence: none, labels: [] })).toThrow(
      /example x: No position to score/,
    )
  })
})
