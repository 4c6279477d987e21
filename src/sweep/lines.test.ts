import { expect, test } from 'vitest'
import { budgetWords, linesOf } from './lines.ts'
import { tableOf } from './table.ts'
import type { MadeResult } from './testing/made-results.ts'
import { madeResult, madeSweep } from './testing/made-results.ts'

const lines = (results: readonly MadeResult[], pairs?: readonly string[]) =>
  linesOf(tableOf(results.map(madeResult)).points, pairs)

test('points that differ in their budget alone are a line, by cost', () => {
  const [line, ...others] = lines([
    { strategy: 'sampling', budget: 4, correct: true, flops: 400 },
    { strategy: 'sampling', budget: 1, correct: true, flops: 100 },
    { strategy: 'sampling', budget: 2, correct: null, passes: null, flops: 200 },
  ])
  expect(others).toEqual([])
  expect(line?.title).toBe('Majority vote')
  expect(line?.points.map(({ budget }) => budget)).toEqual([1, 4])
})

test('children that had to divide a small n belong to the line that asked for more', () => {
  const beam = (n: number, m: number): MadeResult => ({
    strategy: 'beam',
    budget: n,
    config: { m },
    correct: true,
    flops: 100 * n + m,
  })
  const found = lines([beam(1, 1), beam(2, 2), beam(4, 4), beam(8, 4), beam(4, 2), beam(8, 2)])
  expect(found.map(({ title }) => title)).toEqual(['Beam search, m = 2', 'Beam search, m = 4'])
  expect(found.map(({ points }) => points.map(({ config }) => [config.n, config.m]))).toEqual([
    [
      [1, 1],
      [2, 2],
      [4, 2],
      [8, 2],
    ],
    [
      [1, 1],
      [2, 2],
      [4, 4],
      [8, 4],
    ],
  ])
})

test('titles say settings and models where lines differ in them', () => {
  const found = lines(
    [
      { strategy: 'lookahead', config: { lookahead: 1 }, correct: true },
      { strategy: 'lookahead', config: { lookahead: 3 }, correct: true },
      { strategy: 'greedy-decoding', correct: true },
      { strategy: 'greedy-decoding', pair: 1, correct: true },
      { strategy: 'best-of-n-prm', config: { aggregation: 'min' }, correct: true },
      { strategy: 'best-of-n-prm', config: { aggregation: 'last' }, correct: true },
    ],
    ['before', 'after'],
  )
  expect(found.map(({ title }) => title)).toEqual([
    'Lookahead search, k = 1, before',
    'Lookahead search, k = 3, before',
    'Greedy decoding, before',
    'Greedy decoding, after',
    'Best of N, PRM, path score: lowest, before',
    'Best of N, PRM, path score: last, before',
  ])
})

test('a sweep of seven strategies has seven lines of seven budgets', () => {
  const found = linesOf(tableOf(madeSweep(20)).points)
  expect(found.map(({ points }) => points.length)).toEqual([7, 7, 7, 7, 7, 7, 7])
  expect(found.map(({ title }) => title)).toEqual([
    'Majority vote',
    'Weighted vote, PRM',
    'Best of N, PRM',
    'Best of N, ORM',
    'Beam search',
    'Diverse tree search (DVTS)',
    'REBASE',
  ])
})

test('budgets are named as the strategy’s setting', () => {
  expect(budgetWords({ strategy: 'beam', budget: 16 })).toBe('n = 16')
  expect(budgetWords({ strategy: 'mcts', budget: 32 })).toBe('iterations = 32')
  expect(budgetWords({ strategy: 'greedy-decoding', budget: null })).toBeNull()
})
