import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstErrorF1 } from './first-error.ts'
import { bestThreshold, firstErrorPlaces } from './process-bench.ts'
import { indexConfusion, ThresholdCurve } from './threshold-curve.ts'

const score = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8)
const traces = fc.array(
  fc
    .array(score, { minLength: 1, maxLength: 5 })
    .chain((scores) => fc.integer({ min: -1, max: scores.length - 1 }).map((firstError) => ({ scores, firstError }))),
  { maxLength: 12 },
)

test('at every threshold the same as judging each trace', () => {
  fc.assert(
    fc.property(traces, (given) => {
      const curve = new ThresholdCurve(given)
      for (let eighths = 0; eighths <= 8; eighths++) {
        for (const threshold of [eighths / 8, eighths / 8 + 1e-9]) {
          const point = curve.at(threshold)
          expect(point.places).toEqual(firstErrorPlaces(given, threshold))
          const slow = firstErrorF1(given, threshold)
          expect(point.error?.share ?? null).toEqual(slow.errorAccuracy)
          expect(point.correct?.share ?? null).toEqual(slow.correctAccuracy)
          expect(point.f1?.value ?? null).toEqual(slow.f1)
        }
      }
      const slowest = bestThreshold(given)
      const best = curve.best()
      expect(best?.f1?.value ?? null).toEqual(slowest === null ? null : expect.closeTo(slowest.f1, 12))
      if (best && slowest) expect(firstErrorF1(given, best.threshold).f1).toBeCloseTo(slowest.f1, 12)
    }),
    { numRuns: 200 },
  )
})

test('a table by hand: counts, shares and intervals', () => {
  const curve = new ThresholdCurve([
    { scores: [0.9, 0.2], firstError: 1 }, // found above 0.2, called early above 0.9
    { scores: [0.6, 0.4], firstError: 0 }, // called late above 0.4, found above 0.6
    { scores: [0.7], firstError: -1 }, // kept up to 0.7
    { scores: [0.3, 0.8], firstError: -1 }, // kept up to 0.3
  ])
  expect(curve.at(0.2).places).toEqual({ exact: 0, early: 0, late: 0, missed: 2, kept: 2, falseAlarms: 0 })
  expect(curve.at(0.5).places).toEqual({ exact: 1, early: 0, late: 1, missed: 0, kept: 1, falseAlarms: 1 })
  expect(curve.at(0.65).places).toEqual({ exact: 2, early: 0, late: 0, missed: 0, kept: 1, falseAlarms: 1 })
  expect(curve.at(1).places).toEqual({ exact: 1, early: 1, late: 0, missed: 0, kept: 0, falseAlarms: 2 })
  // 1 of 2: (0.5 + 1.9208) / (2 + 3.8415) ± … = 0.0945 to 0.9055 (Wilson).
  expect(curve.at(0.5).error).toMatchObject({ share: 0.5, hits: 1, count: 2 })
  expect(curve.at(0.5).error?.interval[0]).toBeCloseTo(0.0945, 4)
  // F1 ½; alone, one share at 0.0945 gives 2·½·0.0945 / 0.5945 = 0.1590: ½ − √2·(½ − 0.1590) = 0.0178.
  expect(curve.at(0.5).f1?.value).toBe(0.5)
  expect(curve.at(0.5).f1?.interval[0]).toBeCloseTo(0.0178, 3)
  // At 0.3, 1 of 2 and 2 of 2, and at 0.7, 2 of 2 and 1 of 2: F1 2 · 1 · ½ / 1.5 = ⅔ both times, so the lower one.
  expect(curve.at(0.7).f1?.value).toBeCloseTo(2 / 3, 12)
  expect(curve.best()).toMatchObject({ threshold: 0.3, f1: { value: 2 / 3 } })
  expect(curve.sampled(3).map(({ threshold }) => threshold)).toEqual([0, 0.5, 1])
})

test('without wrong traces, or without any, there is no F1', () => {
  expect(new ThresholdCurve([{ scores: [0.4], firstError: -1 }]).best()).toBeNull()
  expect(new ThresholdCurve([]).at(0.5)).toMatchObject({ error: null, correct: null, f1: null })
})

test('predicted beside true steps; late steps share a row', () => {
  const given = [
    { scores: [0.9, 0.1], firstError: 1 },
    { scores: [0.1, 0.1], firstError: 1 },
    { scores: [0.9, 0.9, 0.9, 0.1], firstError: 3 },
    { scores: [0.9, 0.9], firstError: 0 },
    { scores: [0.9], firstError: -1 },
  ]
  expect(indexConfusion(given, 0.5, 3)).toEqual({
    steps: 3,
    cells: [
      [0, 0, 0, 1],
      [1, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ],
  })
})
