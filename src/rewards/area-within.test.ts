import { expect, test } from 'vitest'
import { RandomStream } from '../core/random.ts'
import { areaUnderCurve } from './area-under-curve.ts'
import { areaWithin } from './area-within.ts'

const trace = (...steps: readonly (readonly [score: number, label: number])[]) => ({
  scores: steps.map(([score]) => score),
  labels: steps.map(([, label]) => label),
})

test('pairs of different labels of one problem at one depth, ties half', () => {
  const problems = [
    [trace([0.9, 1], [0.3, 1]), trace([0.6, 1], [0.7, 0]), trace([0.6, 0], [0.1, 0])],
    [trace([0.1, 1], [0.2, 0]), trace([0.5, 1], [0.8, 1], [0.9, 1])],
    [trace([0.4, 0])],
  ]
  // First problem, depth 0: right 0.9 and 0.6, wrong 0.6: one win and one tie, 1.5 of 2.
  // First problem, depth 1: right 0.3, wrong 0.7 and 0.1: one win, 1 of 2.
  // Second problem, depth 0: both right, no pair. Depth 1: right 0.8, wrong 0.2: 1 of 1. Depth 2: one step, no pair.
  // Third problem: one wrong step, no pair.
  // Together (1.5 + 1 + 1) / (2 + 2 + 1) = 0.7. The interval: 2.5 of 4 twice, or 1 of 1 twice.
  expect(areaWithin(problems)).toEqual({ auc: 0.7, interval: [0.625, 1], pairs: 5, groups: 3, problems: 2 })
})

test('a soft label is right from one half on', () => {
  expect(areaWithin([[trace([0.9, 0.5]), trace([0.1, 0.49])]])).toMatchObject({ auc: 1, pairs: 1 })
})

test('gives nothing for telling problems or depths apart', () => {
  const random = new RandomStream(5)
  // The chance of being right, which the score knows, is that of the problem and the depth; the label is drawn from it.
  const problems = Array.from({ length: 60 }, () => {
    const ease = random.next()
    const draw = (depth: number) => [ease / (depth + 1), random.next() < ease / (depth + 1) ? 1 : 0] as const
    return Array.from({ length: 8 }, () => trace(draw(0), draw(1), draw(2)))
  })
  const all = problems.flat()
  expect(
    areaUnderCurve(
      all.flatMap(({ scores }) => scores),
      all.flatMap(({ labels }) => labels),
    ),
  ).toBeGreaterThan(0.7)
  expect(areaWithin(problems)?.auc).toBe(0.5)
})

test('is not there without a pair, and refuses a score that is no number', () => {
  expect(areaWithin([])).toBeNull()
  expect(areaWithin([[trace([0.9, 1]), trace([0.1, 1])], [trace([0.2, 0])]])).toBeNull()
  expect(() => areaWithin([[trace([Number.NaN, 1]), trace([0.1, 0])]])).toThrow(RangeError)
})
