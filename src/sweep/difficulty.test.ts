import { expect, test } from 'vitest'
import { bestMap, flopLevels } from './best-map.ts'
import { passCeilings, splitByDifficulty } from './difficulty.ts'
import { leverTable } from './levers.ts'
import { linesOf } from './lines.ts'
import { tableOf } from './table.ts'
import { tableCsv } from './table-csv.ts'
import { madeResult, madeSweep } from './testing/made-results.ts'

/** Ten problems, `passes[problem]` of eight samples right. */
const samples = (passes: readonly number[], seed = 1) =>
  passes.map((right, problem) =>
    madeResult({ strategy: 'sampling', budget: 8, problem, seed, passes: right, correct: right > 4 }),
  )

test('fifths: equal problems lie in one bin, by the middle of their ranks', () => {
  // Easiest first: 8 8 8 6 5 4 2 0 0 0. The three 8: middle rank 1.5 of 10, first bin; 6 at 3.5 and 5 at 4.5: second and
  // third; 4 at 5.5: third; 2 at 6.5: fourth; the three 0: 8.5, fifth.
  const { bins, biased, samples: least, unknown } = splitByDifficulty(samples([0, 8, 5, 8, 0, 4, 8, 2, 6, 0]), 'fifths')
  expect(bins.map(({ level, range, problems }) => [level, range, problems])).toEqual([
    [1, [1, 1], 3],
    [2, [0.75, 0.75], 1],
    [3, [0.5, 0.625], 2],
    [4, [0.25, 0.25], 1],
    [5, [0, 0], 3],
  ])
  expect({ biased, least, unknown }).toEqual({ biased: true, least: 8, unknown: 0 })
})

test('thresholds: a bin between each two, the easiest first', () => {
  const { bins } = splitByDifficulty(samples([0, 8, 5, 8, 0, 4, 8, 2, 6, 0]), [0.2, 0.4, 0.6, 0.8])
  expect(bins.map(({ level, problems }) => [level, problems])).toEqual([
    [1, 3],
    [2, 2],
    [3, 1],
    [4, 1],
    [5, 3],
  ])
})

test('with several seeds a result is binned by the samples of the others, and nothing is biased', () => {
  const { bins, biased } = splitByDifficulty([...samples([8, 0], 1), ...samples([0, 0], 2)], [0.5])
  expect(biased).toBe(false)
  // Problem 0: right in seed 1, wrong in seed 2. Its result of seed 2 is easy by seed 1, and the other way round.
  expect(bins.map(({ level, results }) => [level, results.map(({ problem, seed }) => [problem, seed])])).toEqual([
    [1, [[0, 2]]],
    [
      2,
      [
        [0, 1],
        [1, 1],
        [1, 2],
      ],
    ],
  ])
})

test('searched trees and stopped votes are no plain samples', () => {
  const results = [
    madeResult({ strategy: 'beam', budget: 64, problem: 0, correct: true, passes: 60 }),
    madeResult({
      strategy: 'sampling',
      budget: 64,
      config: { voteStop: 'decided' },
      problem: 0,
      correct: true,
      passes: 30,
    }),
    madeResult({ strategy: 'best-of-n-prm', budget: 4, problem: 0, correct: true, passes: 1 }),
    madeResult({ strategy: 'beam', budget: 64, problem: 1, correct: true, passes: 60 }),
  ]
  const { bins, unknown } = splitByDifficulty(results, [0.5])
  expect(bins.map(({ range, problems, results: own }) => [range, problems, own.length])).toEqual([[[0.25, 0.25], 1, 3]])
  expect(unknown).toBe(1)
})

test('pass@k of the largest set of samples, unbiased', () => {
  const results = [
    ...[2, 0].map((passes, problem) =>
      madeResult({ strategy: 'sampling', budget: 4, problem, passes, correct: passes > 0, flops: 400 }),
    ),
    ...[1, 0].map((passes, problem) =>
      madeResult({ strategy: 'sampling', budget: 2, problem, passes, correct: passes > 0, flops: 200 }),
    ),
  ]
  const ceilings = passCeilings(results, tableOf(results), 0, [1, 2, 3, 4, 8])
  // Problem 0: 1 − C(2,k)/C(4,k): 1/2, 5/6, 1, 1; problem 1: 0.
  expect(ceilings.map(({ k, rate, cost }) => [k, Number(rate.toFixed(6)), cost?.flops])).toEqual([
    [1, 0.25, undefined],
    [2, 0.416667, 200],
    [3, 0.5, undefined],
    [4, 0.5, 400],
  ])
  expect(passCeilings([], tableOf([]), 0, [1])).toEqual([])
})

test('map: a clear winner, and lines that the test does not tell apart', () => {
  const problems = Array.from({ length: 20 }, (_, index) => index)
  const of = (strategy: 'beam' | 'sampling' | 'dvts', right: (problem: number) => boolean, flops: number) =>
    [1, 2].flatMap((step) =>
      problems.map((problem) =>
        madeResult({ strategy, budget: step, problem, correct: right(problem), flops: step * flops }),
      ),
    )
  const table = tableOf([
    ...of('beam', () => true, 1000),
    ...of('dvts', (problem) => problem !== 3, 1000),
    ...of('sampling', () => false, 400),
  ])
  const [[at500, at1500, at3000]] = bestMap([table], [{ flops: 500 }, { flops: 1500 }, { flops: 3000 }]) as [
    ReturnType<typeof bestMap>[number],
  ]
  const title = (id: string | undefined) => linesOf(table.points).find((line) => line.id === id)?.title
  // Only votes are that cheap.
  expect([title(at500?.best), at500?.tied, at500?.compared.length]).toEqual(['Majority vote', [], 1])
  expect([title(at1500?.best), at1500?.tied.map(title), at1500?.problems]).toEqual([
    'Beam search',
    ['Diverse tree search (DVTS)'],
    20,
  ])
  expect(at3000).toBeNull()
  expect(bestMap([table], [{ budget: 2 }])[0]?.[0]).toMatchObject({ best: at1500?.best, accuracy: { rate: 1 } })
})

test('levels of FLOPs: powers of two that at least two lines reach', () => {
  const at = (strategy: 'beam' | 'sampling', budget: number, flops: number) =>
    madeResult({ strategy, budget, flops, correct: true })
  const table = tableOf([at('beam', 1, 600), at('beam', 2, 9000), at('sampling', 1, 100), at('sampling', 2, 5000)])
  expect(flopLevels(linesOf(table.points))).toEqual([1024, 2048, 4096])
  const one = tableOf([at('beam', 1, 600), at('beam', 2, 9000)])
  expect(flopLevels(linesOf(one.points))).toEqual([])
  expect(flopLevels(linesOf(tableOf(madeSweep(3)).points)).length).toBeLessThanOrEqual(8)
})

test('two levers: saves by their training, budgets across', () => {
  const results = [0, 1].flatMap((pair) =>
    [1, 4].map((budget) =>
      madeResult({ strategy: 'sampling', budget, pair, correct: pair === 1, flops: 100 * budget }),
    ),
  )
  const { budgets, rows } = leverTable(linesOf(tableOf(results.slice(0, 3)).points), [
    { pair: 1, title: 'Step 200', training: 200 },
    { pair: 0, title: 'Step 0', training: 0 },
  ])
  expect(budgets).toEqual([1, 4])
  expect(rows.map(({ title, cells }) => [title, cells.map((cell) => cell?.rate ?? null)])).toEqual([
    ['Step 0', [0, 0]],
    ['Step 200', [1, null]],
  ])
})

test('CSV: a row a point, what is not known empty, nothing that a spreadsheet runs', () => {
  const { points } = tableOf([
    madeResult({ strategy: 'greedy-decoding', correct: null, passes: null }),
    madeResult({ strategy: 'beam', budget: 16, correct: true }),
  ])
  const [head, greedy, beam, end] = tableCsv(points, ['=1+1, "x"']).split('\r\n')
  expect(head?.split(',').slice(0, 4)).toEqual(['strategy', 'settings', 'budget', 'models'])
  expect(greedy).toBe(
    `Greedy decoding,rounds = 40; tokens per step = 64,,"'=1+1, ""x""",0,0,1,0,,,,,1000,750,250,15,100,1`,
  )
  expect(beam).toContain(',16,"\'=1+1, ""x""",1,1,1,0,1,0.2')
  expect(end).toBe('')
})

test('20,000 results by difficulty: every result in a bin, each bin a table with every point', () => {
  const results = madeSweep(409)
  const { bins, unknown } = splitByDifficulty(results, 'fifths')
  expect(unknown).toBe(0)
  expect(bins.length).toBe(5)
  expect(bins.reduce((sum, bin) => sum + bin.results.length, 0)).toBe(results.length)
  const tables = bins.map((bin) => tableOf(bin.results))
  expect(tables.map(({ points }) => points.length)).toEqual([49, 49, 49, 49, 49])
  const levels = flopLevels(linesOf(tableOf(results).points)).map((flops) => ({ flops }))
  const map = bestMap(tables, levels)
  expect(map.length).toBe(5)
  expect(map.every((row) => row.length === levels.length && row.every((cell) => cell !== null))).toBe(true)
})
