import { expect, test } from 'vitest'
import { firstErrorByHand, labelStep, mostDoubtful } from './hand-labels.ts'

test('the first wrong step: those before are right, those behind are not asked', () => {
  expect(labelStep([null, 'neutral', null, 1], 2, 0, 'first-error')).toEqual([1, 'neutral', 0, null])
  // A wrong step before the new one was a mistake, else the new one would not be the first.
  expect(labelStep([0, null, null], 2, 0, 'first-error')).toEqual([1, 1, 0])
  expect(labelStep([1, null, null], 1, 1, 'first-error')).toEqual([1, 1, null])
  expect(labelStep([1, 1, 0], 2, null, 'first-error')).toEqual([1, 1, null])
})

test('every step by itself: unmarked stays unmarked', () => {
  expect(labelStep([null, null, 1], 1, 0, 'every-step')).toEqual([null, 0, 1])
})

test.each([
  [[1, 'neutral', 0, null], 2],
  [[1, 'neutral', 1], -1],
  [[1, null, 0], null],
  [[1, null], null],
  [[], null],
] as const)('first wrong step of %j: %j', (labels, first) => {
  expect(firstErrorByHand(labels)).toBe(first)
})

test('the most doubtful steps come first', () => {
  expect(mostDoubtful([[0.9, 0.45], [0.5]], 0.5).map(({ trace, step }) => [trace, step])).toEqual([
    [1, 0],
    [0, 1],
    [0, 0],
  ])
})
