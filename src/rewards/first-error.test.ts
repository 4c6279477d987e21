import { expect, test } from 'vitest'
import { firstErrorF1, predictFirstError } from './first-error.ts'

test('the first step below the threshold is the predicted error', () => {
  expect(predictFirstError([0.9, 0.5, 0.2], 0.5)).toBe(2)
  expect(predictFirstError([0.9, 0.49, 0.2], 0.5)).toBe(1)
  expect(predictFirstError([0.9, 0.8], 0.5)).toBe(-1)
  expect(predictFirstError([], 0.5)).toBe(-1)
})

const traces = [
  { scores: [0.9, 0.2], firstError: 1 },
  { scores: [0.3, 0.2], firstError: 1 },
  { scores: [0.9, 0.7], firstError: 0 },
  { scores: [0.2, 0.9], firstError: 0 },
  { scores: [0.9, 0.8], firstError: -1 },
  { scores: [0.9, 0.8], firstError: -1 },
  { scores: [0.4], firstError: -1 },
]

test('F1 is the harmonic mean of the accuracies on wrong and on right traces', () => {
  expect(firstErrorF1(traces, 0.5)).toEqual({
    errorAccuracy: 0.5,
    correctAccuracy: 2 / 3,
    f1: (2 * 0.5 * (2 / 3)) / (0.5 + 2 / 3),
  })
})

test('the threshold can be moved; calling everything right earns nothing', () => {
  expect(firstErrorF1(traces, 0)).toEqual({ errorAccuracy: 0, correctAccuracy: 1, f1: 0 })
  expect(firstErrorF1(traces, 1)).toEqual({ errorAccuracy: 0.5, correctAccuracy: 0, f1: 0 })
  expect(
    firstErrorF1(
      [
        { scores: [0.1], firstError: -1 },
        { scores: [0.9], firstError: 0 },
      ],
      0.5,
    ).f1,
  ).toBe(0)
})

test('without traces of one kind there is no F1', () => {
  expect(firstErrorF1(traces.slice(0, 2), 0.5)).toEqual({ errorAccuracy: 0.5, correctAccuracy: null, f1: null })
  expect(firstErrorF1([], 0.5)).toEqual({ errorAccuracy: null, correctAccuracy: null, f1: null })
})
