import { expect, test } from 'vitest'
import { RandomStream } from '../core/random.ts'
import { areaUnderCurve } from './area-under-curve.ts'

test('is the share of pairs of a right and a wrong one in the right order, ties half', () => {
  expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75)
  expect(areaUnderCurve([1, 2], [0, 1])).toBe(1)
  expect(areaUnderCurve([2, 1], [0, 1])).toBe(0)
  expect(areaUnderCurve([3, 3, 3], [0, 1, 1])).toBe(0.5)
  expect(areaUnderCurve([1, 2, 2], [0, 0, 1])).toBe(0.75)
})

test('agrees with counting all pairs', () => {
  const random = new RandomStream(8)
  const scores = Array.from({ length: 200 }, () => random.integer(0, 20))
  const labels = scores.map(() => random.next())
  let wins = 0
  let pairs = 0
  scores.forEach((score, i) => {
    scores.forEach((other, j) => {
      if ((labels[i] ?? 0) < 0.3 || (labels[j] ?? 0) >= 0.3) return
      pairs++
      wins += score > other ? 1 : score === other ? 0.5 : 0
    })
  })
  expect(areaUnderCurve(scores, labels, 0.3)).toBeCloseTo(wins / pairs, 12)
})

test('a soft label counts as right from the threshold on', () => {
  expect(areaUnderCurve([1, 2], [0.49, 0.5])).toBe(1)
  expect(areaUnderCurve([1, 2], [0.49, 0.5], 0.6)).toBeNull()
})

test('refuses scores that are no numbers; infinite ones have a place', () => {
  expect(() => areaUnderCurve([Number.NaN, 1], [0, 1])).toThrow(RangeError)
  expect(areaUnderCurve([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1], [0, 1, 0])).toBe(1)
})

test('is not there without both classes', () => {
  expect(areaUnderCurve([1, 2], [1, 1])).toBeNull()
  expect(areaUnderCurve([1, 2], [0, 0])).toBeNull()
  expect(areaUnderCurve([], [])).toBeNull()
})
