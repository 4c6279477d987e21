import { expect, test } from 'vitest'
import { consensus, firstErrorByEstimates } from './consensus.ts'

test('kept where both name the same step, or both none', () => {
  expect(
    consensus([
      { monteCarlo: 2, other: 2 },
      { monteCarlo: -1, other: -1 },
      { monteCarlo: 1, other: 2 },
      { monteCarlo: -1, other: 0 },
      { monteCarlo: null, other: 0 },
      { monteCarlo: 0, other: null },
    ]),
  ).toEqual({ kept: [0, 1], apart: 2, unknown: 2 })
})

test.each([
  [[0.5, 0.25, 0, 0], 2],
  [[0.5, 1], -1],
  [[0, 1], 0],
  [[0.5, null, 0], null],
  [[0.5, 0, null], 1],
  [[], null],
  [null, null],
])('first wrong step of estimates %j: %j', (estimates, first) => {
  expect(firstErrorByEstimates(estimates)).toBe(first)
})
