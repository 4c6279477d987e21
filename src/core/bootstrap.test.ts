import { expect, test } from 'vitest'
import { bootstrapRatio } from './bootstrap.ts'
import { RandomStream } from './random.ts'
import { wilsonInterval } from './statistics.ts'

test('two groups: the interval spans both, for each is drawn twice in a quarter of the resamples', () => {
  // 2.5 of 4 twice is 0.625; 1 of 1 twice is 1; both are (2.5 + 1) / (4 + 1) = 0.7.
  expect(
    bootstrapRatio([
      { part: 2.5, whole: 4 },
      { part: 1, whole: 1 },
    ]),
  ).toEqual({ ratio: 0.7, interval: [0.625, 1] })
})

test('groups of one trial each: the interval of a proportion', () => {
  const random = new RandomStream(3)
  const groups = Array.from({ length: 400 }, () => ({ part: random.next() < 0.3 ? 1 : 0, whole: 1 }))
  const right = groups.reduce((sum, { part }) => sum + part, 0)
  const { ratio, interval } = bootstrapRatio(groups)
  const [low, high] = wilsonInterval(right, 400)
  expect(ratio).toBe(right / 400)
  expect(Math.abs(interval[0] - low)).toBeLessThan(0.01)
  expect(Math.abs(interval[1] - high)).toBeLessThan(0.01)
})

test('trials that agree within their group widen it as if each group were one trial', () => {
  const single = Array.from({ length: 100 }, (_, index) => ({ part: index < 40 ? 1 : 0, whole: 1 }))
  const repeated = single.map(({ part }) => ({ part: part * 16, whole: 16 }))
  expect(bootstrapRatio(repeated)).toEqual(bootstrapRatio(single))
})

test('is the same each time, one value for one group, and no number for none', () => {
  expect(bootstrapRatio([{ part: 3, whole: 4 }])).toEqual({ ratio: 0.75, interval: [0.75, 0.75] })
  expect(bootstrapRatio([])).toEqual({ ratio: Number.NaN, interval: [Number.NaN, Number.NaN] })
})

test('of very many groups, the normal interval of a ratio: that of a proportion where each has one trial', () => {
  const groups = Array.from({ length: 2000 }, (_, index) => ({ part: index < 600 ? 1 : 0, whole: 1 }))
  const { ratio, interval } = bootstrapRatio(groups)
  // 0.3 ± 1.96 · √(0.3 · 0.7 / 1999) = 0.3 ± 0.02009
  expect(ratio).toBe(0.3)
  expect(interval[0]).toBeCloseTo(0.27991, 5)
  expect(interval[1]).toBeCloseTo(0.32009, 5)
})
