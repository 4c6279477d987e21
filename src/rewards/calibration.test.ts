import { expect, test } from 'vitest'
import { accuracy } from './accuracy.ts'
import { brierScore, expectedCalibrationError, reliabilityBins } from './calibration.ts'

const scores = [0.1, 0.15, 0.9, 1, 0.5]
const labels = [0, 0.5, 1, 0, 1]

test('Brier score is the mean squared distance', () => {
  expect(brierScore(scores, labels)).toBeCloseTo((0.01 + 0.1225 + 0.01 + 1 + 0.25) / 5, 12)
  expect(brierScore([], [])).toBeNaN()
})

test('the reliability diagram sorts scores into intervals, 1 into the last', () => {
  const bins = reliabilityBins(scores, labels, 5)
  expect(bins.map(({ count }) => count)).toEqual([2, 0, 1, 0, 2])
  expect(bins[0]).toEqual({ low: 0, high: 0.2, count: 2, score: 0.125, label: 0.25 })
  expect(bins[1]?.score).toBeNaN()
  expect(bins[4]).toEqual({ low: 0.8, high: 1, count: 2, score: 0.95, label: 0.5 })
  expect(() => reliabilityBins([Number.NaN], [1])).toThrow(RangeError)
})

test('the calibration error weighs intervals by their predictions', () => {
  expect(expectedCalibrationError(scores, labels, 5)).toBeCloseTo((2 * 0.125 + 0.5 + 2 * 0.45) / 5, 12)
  expect(expectedCalibrationError([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0])).toBe(0)
})

test('accuracy cuts scores and labels at a half', () => {
  expect(accuracy(scores, labels)).toBe(0.6)
  expect(accuracy([], [])).toBeNaN()
})
