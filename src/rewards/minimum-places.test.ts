import { expect, test } from 'vitest'
import { minimumPlaces, scoreByLength, scoreByPosition } from './minimum-places.ts'

const TRACES = [[0.9, 0.8, 0.1], [0.2, 0.9], [0.5, 0.5], [0.4], [0.9, 0.3, 0.5]]

test('where the lowest score lies; of equal ones the first; one step has no choice', () => {
  const found = minimumPlaces(TRACES)
  // Lowest at step 3 of 3, 1 of 2, 1 of 2 (equal), 2 of 3.
  expect(found).toMatchObject({ traces: 4, last: { hits: 1, count: 4, share: 0.25 }, first: { hits: 2, count: 4 } })
  expect(found.byChance).toBeCloseTo((1 / 3 + 1 / 2 + 1 / 2 + 1 / 3) / 4, 12)
  expect(found.tenths).toEqual([2, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  expect(minimumPlaces([[0.4]])).toMatchObject({ traces: 0, last: null, first: null, byChance: 0 })
})

test('mean score by step, and mean lowest score by length', () => {
  const position = scoreByPosition(TRACES)
  expect(position.map(({ x, count }) => [x, count])).toEqual([
    [1, 5],
    [2, 4],
    [3, 2],
  ])
  expect(position[0]?.mean).toBeCloseTo((0.9 + 0.2 + 0.5 + 0.4 + 0.9) / 5, 12)
  expect(position[2]?.mean).toBeCloseTo(0.3, 12)
  const length = scoreByLength(TRACES)
  expect(length.map(({ x, count }) => [x, count])).toEqual([
    [1, 1],
    [2, 2],
    [3, 2],
  ])
  expect(length[1]?.mean).toBeCloseTo((0.2 + 0.5) / 2, 12)
  expect(length[2]?.mean).toBeCloseTo((0.1 + 0.3) / 2, 12)
})
