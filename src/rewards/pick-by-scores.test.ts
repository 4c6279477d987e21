import { expect, test } from 'vitest'
import type { PickableTrace } from './pick-by-scores.ts'
import { pickByScores } from './pick-by-scores.ts'

const trace = (problem: string, vote: string | null, correct: boolean, ...scores: number[][]): PickableTrace => ({
  problem,
  vote,
  correct,
  scores,
})

test('a table by hand: three problems, two reward models', () => {
  const given = [
    // a: the right answer 1 is in the minority; model 0 prefers it, model 1 does not.
    trace('a', '1', true, [0.9, 0.8], [0.2]),
    trace('a', '2', false, [0.3], [0.6]),
    trace('a', '2', false, [0.4], [0.1]),
    // b: nobody is right; what has no answer is not picked, whatever its score.
    trace('b', '5', false, [0.1], [0.1]),
    trace('b', null, false, [1], [1]),
    // c: the majority is right; model 0 picks the wrong one, its votes still add up to the right one.
    trace('c', '7', true, [0.5], [0.9]),
    trace('c', '7', true, [0.5], [0.9]),
    trace('c', '8', false, [0.9], [0.8]),
    // d: one response leaves no choice.
    trace('d', '9', true, [0.9], [0.9]),
  ]
  const found = pickByScores(given, 2, 'min')
  expect(found).toMatchObject({ problems: 3, fewest: 2, most: 3 })
  const shares = found?.shares.map(({ name, model, share }) => [name, model, share])
  expect(shares).toEqual([
    ['mean', null, expect.closeTo((1 / 3 + 0 + 2 / 3) / 3, 12)],
    ['majority', null, 1 / 3],
    ['best-of-n', 0, 1 / 3],
    // a: 0.8 for 1 beside 0.3 + 0.4 for 2; c: 1.0 for 7 beside 0.9.
    ['weighted-vote', 0, 2 / 3],
    ['best-of-n', 1, 1 / 3],
    ['weighted-vote', 1, 1 / 3],
    ['oracle', null, 2 / 3],
  ])
  expect(found?.shares.every(({ share, interval: [low, high] }) => low <= share && share <= high)).toBe(true)
})

test('where every problem has one response there is nothing to pick', () => {
  expect(pickByScores([trace('a', '1', true, [1])], 1, 'min')).toBeNull()
})
