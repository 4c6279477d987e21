import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstErrorF1 } from './first-error.ts'
import type { BenchTrace } from './process-bench.ts'
import { bestThreshold, firstErrorPlaces, processBench } from './process-bench.ts'

const trace = (scores: readonly number[], firstError: number, subset = 'a'): BenchTrace => ({
  scores,
  firstError,
  subset,
})

describe('ProcessBench’s arithmetic, case by case', () => {
  test.each([
    // what, traces, threshold, accuracy on wrong traces, on right traces, F1
    [
      'errors at the first step, found',
      [trace([0.1, 0.9], 0), trace([0.2, 0.1], 0), trace([0.9, 0.8], -1)],
      0.5,
      1,
      1,
      1,
    ],
    [
      'errors at the first step, one called later',
      [trace([0.6, 0.1], 0), trace([0.4], 0), trace([0.9], -1)],
      0.5,
      0.5,
      1,
      2 / 3,
    ],
    ['no errors at all', [trace([0.9], -1), trace([0.4], -1)], 0.5, null, 0.5, null],
    ['all wrong', [trace([0.9, 0.2], 1), trace([0.9, 0.9], 1)], 0.5, 0.5, null, null],
    ['a tie at the threshold is right', [trace([0.5, 0.5], 1), trace([0.5], -1)], 0.5, 0, 1, 0],
    ['the same tie just above the threshold', [trace([0.5, 0.5], 0), trace([0.5], -1)], 0.5000001, 1, 0, 0],
    ['traces of one step', [trace([0.3], 0), trace([0.7], -1), trace([0.7], 0), trace([0.3], -1)], 0.5, 0.5, 0.5, 0.5],
    ['everything called right', [trace([1, 1], 1), trace([1], -1)], 0.5, 0, 1, 0],
    ['everything called wrong at once', [trace([0, 0], 1), trace([0], -1)], 0.5, 0, 0, 0],
    ['a wrong step before the true one', [trace([0.1, 0.1], 1), trace([0.9], -1)], 0.5, 0, 1, 0],
    [
      'what follows the first wrong step is not asked',
      [trace([0.9, 0.1, 0.9, 0.1], 1), trace([0.9], -1)],
      0.5,
      1,
      1,
      1,
    ],
  ] as const)('%s', (_, traces, threshold, errorAccuracy, correctAccuracy, f1) => {
    const { subsets, averageF1 } = processBench(traces, threshold)
    expect(subsets).toEqual([
      {
        subset: 'a',
        wrong: traces.filter(({ firstError }) => firstError >= 0).length,
        right: traces.filter(({ firstError }) => firstError < 0).length,
        errorAccuracy,
        correctAccuracy,
        f1: f1 === null ? null : expect.closeTo(f1, 12),
      },
    ])
    expect(averageF1).toEqual(f1 === null ? null : expect.closeTo(f1, 12))
  })

  test('the average is over subsets, not over traces', () => {
    const traces = [
      trace([0.1], 0, 'gsm8k'),
      trace([0.9], -1, 'gsm8k'),
      ...Array.from({ length: 8 }, () => trace([0.9], 0, 'math')),
      trace([0.9], -1, 'math'),
    ]
    const { subsets, averageF1 } = processBench(traces, 0.5)
    expect(subsets.map(({ subset, f1 }) => [subset, f1])).toEqual([
      ['gsm8k', 1],
      ['math', 0],
    ])
    expect(averageF1).toBe(0.5)
  })

  test('without traces there is nothing', () => {
    expect(processBench([], 0.5)).toEqual({ threshold: 0.5, subsets: [], averageF1: null })
  })
})

test('predictions are exact, early, late or missing; right traces kept or not', () => {
  const traces = [
    trace([0.9, 0.1], 1),
    trace([0.1, 0.1], 1),
    trace([0.9, 0.9, 0.1], 1),
    trace([0.9, 0.9], 1),
    trace([0.9], -1),
    trace([0.1], -1),
  ]
  expect(firstErrorPlaces(traces, 0.5)).toEqual({ exact: 1, early: 1, late: 1, missed: 1, kept: 1, falseAlarms: 1 })
})

test('the best threshold is the best of all thresholds', () => {
  const score = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8)
  const traces = fc.array(
    fc
      .array(score, { minLength: 1, maxLength: 4 })
      .chain((scores) => fc.integer({ min: -1, max: scores.length - 1 }).map((firstError) => ({ scores, firstError }))),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(traces, (given) => {
      const best = bestThreshold(given)
      // Every threshold that there can be here: at a score, and just above it.
      const all = Array.from({ length: 9 }, (_, i) => [i / 8, i / 8 + 1e-9]).flat()
      const tried = all.map((threshold) => firstErrorF1(given, threshold).f1)
      const most = tried.some((f1) => f1 === null) ? null : Math.max(...tried.map((f1) => f1 ?? 0))
      expect(best === null ? null : firstErrorF1(given, best.threshold).f1).toEqual(
        most === null ? null : expect.closeTo(most, 12),
      )
      if (best !== null) expect(best.f1).toBeCloseTo(most ?? Number.NaN, 12)
    }),
    { numRuns: 300 },
  )
})
