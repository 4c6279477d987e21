import { expect, test } from 'vitest'
import { compareSides, differingProblems, rateOf, sideAt, sideOf, testSides } from './compare.ts'
import { linesOf } from './lines.ts'
import { paretoFront } from './pareto.ts'
import { comparisonSentence, leaderComparisons } from './sentences.ts'
import { pointId, tableOf } from './table.ts'
import type { MadeResult } from './testing/made-results.ts'
import { madeResult } from './testing/made-results.ts'

/** Each strategy's outcomes, a character a problem: 1 right, 0 wrong, - failed. */
function outcomes(strategy: MadeResult['strategy'], text: string, more: Partial<MadeResult> = {}) {
  return [...text].map((letter, problem) =>
    madeResult({ strategy, problem, correct: letter === '-' ? null : letter === '1', ...more }),
  )
}

const idOf = (results: ReturnType<typeof outcomes>) => pointId(results[0] as (typeof results)[number])

test('paired on the problems that both judged: McNemar’s p, the mean difference and its interval', () => {
  // Both are judged on 10 problems: 7 only the first, 1 only the second, 1 both, 1 neither.
  const first = outcomes('beam', '1111111010-')
  const second = outcomes('sampling', '00000001101')
  const table = tableOf([...first, ...second])
  const compared = compareSides(table, sideOf({ id: idOf(first) }), sideOf({ id: idOf(second) }))
  expect(compared?.problems).toBe(10)
  expect(compared?.difference).toBeCloseTo((7 - 1) / 10, 12)
  // 8 that differ: 2 · (C(8,0) + C(8,1)) / 2⁸ = 18 / 256.
  expect(compared?.p).toBe(18 / 256)
  expect(compared?.interval[0]).toBeGreaterThan(0)
  expect(compared?.interval[1]).toBeLessThanOrEqual(1)
  expect(differingProblems(table, idOf(first), idOf(second)).map(({ problem, right }) => [problem, right])).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6].map((problem) => [problem, 'first']),
    [7, 'second'],
  ])
})

test('several seeds: a problem counts once, by its mean over the seeds that both have', () => {
  const table = tableOf([
    ...[1, 2].flatMap((seed) => outcomes('beam', '110', { seed })),
    ...outcomes('sampling', '010', { seed: 1 }),
    ...outcomes('sampling', '00', { seed: 2 }),
  ])
  const [beam, sampling] = table.points.map((point) => sideOf(point))
  const compared = beam && sampling && compareSides(table, beam, sampling)
  // Problem 0: (1 + 1) / 2; problem 1: (0 + 1) / 2; problem 2, seed 1 alone: 0. Mean 1.5 / 3.
  expect(compared).toMatchObject({ difference: 0.5, problems: 3 })
  // In halves 2 and 1: of ±2 ±1 two of four sums are as far as 3.
  expect(compared?.p).toBe(0.5)
})

test('between two budgets: the mix of both that costs as much', () => {
  const table = tableOf([
    ...outcomes('sampling', '0000', { budget: 1, flops: 1000 }),
    ...outcomes('sampling', '1111', { budget: 2, flops: 3000 }),
    ...outcomes('greedy-decoding', '1100', { flops: 500 }),
  ])
  const [sampling, greedy] = linesOf(table.points)
  if (!sampling || !greedy) throw new Error('two lines')
  // 1500 is a quarter of the way: 15 and 5 of 20 parts.
  expect(sideAt(sampling, 1500)?.map(({ parts }) => parts)).toEqual([15, 5])
  expect(sideAt(sampling, 1000)).toHaveLength(1)
  expect(sideAt(sampling, 3000)).toHaveLength(1)
  expect(sideAt(sampling, 999)).toBeNull()
  expect(sideAt(sampling, 3001)).toBeNull()
  // What cannot spend more reaches the same with more.
  expect(sideAt(greedy, 499)).toBeNull()
  expect(sideAt(greedy, 1500)).toEqual(sideOf({ id: 'greedy-decoding|0' }))
  const [mix, all] = [sideAt(sampling, 1500), sideAt(greedy, 1500)]
  if (!mix || !all) throw new Error('two sides')
  expect(rateOf(table, mix)).toMatchObject({ rate: 0.25, problems: 4 })
  // Differences 0.25 − 1, 0.25 − 1, 0.25, 0.25: mean −0.25.
  expect(compareSides(table, mix, all)?.difference).toBeCloseTo(-0.25, 12)
  // In quarters −3, −3, 1, 1: |sum| 4; of 16 sums those of ±3 ±3 ±1 ±1 as far: ±8, 2 · ±6, ±4 are 8.
  expect(testSides(table, mix, all)).toBe(8 / 16)
})

test('no problem in common: no comparison', () => {
  const table = tableOf([
    madeResult({ strategy: 'beam', problem: 1, correct: true }),
    madeResult({ strategy: 'sampling', problem: 2, correct: true }),
  ])
  const [beam, sampling] = table.points.map((point) => sideOf(point))
  expect(beam && sampling && compareSides(table, beam, sampling)).toBeNull()
})

test('sentences: who beats whom by how much, and plainly that nothing is shown', () => {
  const how = { first: 'Beam search', second: 'Majority vote', at: 'at 2 GFLOP a problem' }
  const comparison = { difference: 0.07, interval: [0.04, 0.11], p: 0.001, problems: 500 } as const
  expect(comparisonSentence({ ...how, comparison })).toBe(
    'Beam search beats Majority vote at 2 GFLOP a problem by 4 to 11 points (95 % interval, paired, 500 problems).',
  )
  expect(
    comparisonSentence({ ...how, comparison: { ...comparison, difference: -0.07, interval: [-0.11, -0.004] } }),
  ).toBe(
    'Majority vote beats Beam search at 2 GFLOP a problem by 0.4 to 11 points (95 % interval, paired, 500 problems).',
  )
  expect(comparisonSentence({ ...how, comparison, among: { p: 0.051, pairs: 28 } })).toBe(
    'No difference is shown between Beam search and Majority vote at 2 GFLOP a problem: between 4 and 11 points (95 % interval, paired, 500 problems, Holm’s correction over 28 pairs).',
  )
  expect(
    comparisonSentence({
      ...how,
      at: null,
      comparison: { difference: 0, interval: [-0.02, 0.051], p: 0.4, problems: 1 },
    }),
  ).toBe(
    'No difference is shown between Beam search and Majority vote: between −2 and 5 points (95 % interval, paired, 1 problem).',
  )
})

test('the best line against each other one, corrected together', () => {
  const table = tableOf([
    ...outcomes('beam', '1'.repeat(20), { budget: 4 }),
    ...outcomes('sampling', '0'.repeat(20), { budget: 4 }),
    ...outcomes('dvts', `${'1'.repeat(19)}0`, { budget: 4 }),
  ])
  const pairs = leaderComparisons(table, linesOf(table.points), { budget: 4 })
  // 20 that differ: 2 / 2²⁰, twice; one that differs: 1.
  expect(pairs.map(({ second, among }) => [second, among?.p, among?.pairs])).toEqual([
    ['Majority vote', 4 / 2 ** 20, 2],
    ['Diverse tree search (DVTS)', 1, 2],
  ])
})

test('Pareto front: no point that another beats by cost and accuracy', () => {
  const table = tableOf([
    ...outcomes('greedy-decoding', '1000', { flops: 100 }),
    ...outcomes('sampling', '1100', { budget: 2, flops: 200 }),
    ...outcomes('beam', '1000', { budget: 2, flops: 300 }),
    ...outcomes('dvts', '1100', { budget: 2, flops: 300 }),
    ...outcomes('rebase', '1111', { budget: 2, flops: 400 }),
    ...outcomes('mcts', '1110', { budget: 2, flops: 400 }),
  ])
  expect(paretoFront(table.points, 'flops').map(({ strategy }) => strategy)).toEqual([
    'greedy-decoding',
    'sampling',
    'rebase',
  ])
})
