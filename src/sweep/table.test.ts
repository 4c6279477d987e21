import { expect, test } from 'vitest'
import { wilsonInterval } from '../core/statistics.ts'
import { SweepTable, tableOf } from './table.ts'
import { madeResult, madeSweep } from './testing/made-results.ts'

test('one seed: Wilson’s interval, mean costs, failures kept apart', () => {
  const results = [
    madeResult({ strategy: 'beam', budget: 16, problem: 0, correct: true, flops: 1000, seconds: 1 }),
    madeResult({ strategy: 'beam', budget: 16, problem: 1, correct: false, flops: 2000, seconds: 2, passes: 3 }),
    madeResult({ strategy: 'beam', budget: 16, problem: 2, correct: true, flops: 3000, seconds: 3 }),
    madeResult({
      strategy: 'beam',
      budget: 16,
      problem: 3,
      correct: null,
      passes: null,
      error: 'No room',
      flops: 9000,
    }),
  ]
  const [point, ...others] = tableOf(results).points
  expect(others).toEqual([])
  expect(point).toMatchObject({ strategy: 'beam', budget: 16, pair: 0, problems: 3, judged: 3, results: 4, errors: 1 })
  expect(point?.accuracy).toEqual({ rate: 2 / 3, interval: wilsonInterval(2, 3) })
  // Right ones were among the responses of all three, though one was not chosen.
  expect(point?.oracle).toEqual({ rate: 1, interval: wilsonInterval(3, 3) })
  // (1000 + 2000 + 3000) / 3, of which a quarter is the reward model's; tokens 10 + 5, 20 + 10, 30 + 15.
  expect(point?.cost).toEqual({
    flops: 2000,
    policyFlops: 1500,
    rewardFlops: 500,
    tokens: 30,
    tokensAsked: 200,
    seconds: 2,
  })
})

test('several seeds: results of one problem do not count as so many problems', () => {
  const results = [0, 1, 2, 3].flatMap((problem) =>
    [1, 2, 3].map((seed) => madeResult({ strategy: 'sampling', problem, seed, correct: problem < 2 })),
  )
  const [point] = tableOf(results).points
  expect(point).toMatchObject({ problems: 4, judged: 12 })
  // Each problem is always right or always wrong: 2 of 4, as with one seed.
  const [low, high] = wilsonInterval(2, 4)
  expect(point?.accuracy?.rate).toBe(0.5)
  expect(point?.accuracy?.interval[0]).toBeCloseTo(low, 12)
  expect(point?.accuracy?.interval[1]).toBeCloseTo(high, 12)
})

test('nothing judged, nothing run: no accuracy, no cost', () => {
  const [unknown, failed] = tableOf([
    madeResult({ strategy: 'beam', correct: null, passes: null }),
    madeResult({ strategy: 'dvts', correct: null, passes: null, error: 'No room' }),
  ]).points
  expect(unknown).toMatchObject({ accuracy: null, oracle: null, problems: 0, results: 1, cost: { flops: 1000 } })
  expect(failed).toMatchObject({ accuracy: null, errors: 1, cost: null })
  expect(new SweepTable().points).toEqual([])
})

test('20,000 results in chunks give the table of all at once, and count again only what got new ones', () => {
  const results = madeSweep(409)
  expect(results.length).toBe(20_041)
  const table = new SweepTable()
  for (let start = 0; start < results.length; start += 500) table.add(results.slice(start, start + 500))
  expect(table.points.length).toBe(49)
  expect(table.points).toEqual(tableOf(results).points)
  expect(table.points.every(({ problems }) => problems === 409)).toBe(true)
  const before = table.points
  table.add(results.slice(0, 100))
  expect(table.points).toBe(before)
  table.add([madeResult({ strategy: 'sampling', budget: 1, config: { m: 1 }, problem: 409, correct: true })])
  const changed = table.points.filter((point, index) => point !== before[index])
  expect(changed.map(({ id, problems }) => [id, problems])).toEqual([['sampling:m=1:n=1|0', 410]])
})
