import { expect, test } from 'vitest'
import { calibrate, definedLabels } from './calibrate.ts'

test('a table by hand: steps without a label do not count', () => {
  const found = calibrate(
    [
      { problem: 'a', scores: [0.9, 0.2, 0.7], labels: [1, 0, null] },
      { problem: 'a', scores: [0.8, 0.4], labels: [0, 1] },
      { problem: 'b', scores: [0.6], labels: [null] },
    ],
    5,
  )
  // Labelled: 0.9→1, 0.2→0, 0.8→0, 0.4→1.
  expect(found).toMatchObject({ steps: 4, traces: 2, right: 0.5 })
  expect(found?.brier).toBeCloseTo((0.01 + 0.04 + 0.64 + 0.36) / 4, 12)
  // Intervals of a fifth: 0.2 alone, 0.4 alone, 0.8 and 0.9 together (mean score 0.85, mean label ½).
  expect(found?.bins.map(({ count }) => count)).toEqual([0, 1, 1, 0, 2])
  expect(found?.calibrationError).toBeCloseTo((0.2 + 0.6 + 2 * 0.35) / 4, 12)
  // Pairs right over wrong: 0.9>0.2, 0.9>0.8, 0.4>0.2, 0.4<0.8.
  expect(found?.auc).toBe(0.75)
  // Within: depth 0: 0.9 (right) over 0.8 (wrong); depth 1: 0.4 (right) over 0.2 (wrong).
  expect(found?.within).toMatchObject({ auc: 1, pairs: 2, groups: 2, problems: 1 })
})

test('without a label there is nothing, and alike labels have no order', () => {
  expect(calibrate([{ problem: 'a', scores: [0.5], labels: [null] }])).toBeNull()
  expect(calibrate([{ problem: 'a', scores: [0.5, 0.4], labels: [1, 1] }])).toMatchObject({ auc: null, within: null })
})

test('behind the first wrong step labels mean nothing', () => {
  expect(definedLabels([1, null, 0.25, 1, 0])).toEqual([1, null, 0.25, null, null])
  expect(definedLabels([1, 0.5, 1])).toEqual([1, 0.5, 1])
  expect(definedLabels([null, null])).toEqual([null, null])
})
