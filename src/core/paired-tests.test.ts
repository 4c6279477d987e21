import { expect, test } from 'vitest'
import { holm, signFlipTest } from './paired-tests.ts'

const repeat = (value: number, count: number): number[] => Array.from({ length: count }, () => value)

test('one trial a problem: McNemar’s exact test, ties aside', () => {
  // 8 problems for one, 2 for the other: 2 · (C(10,0) + C(10,1) + C(10,2)) / 2¹⁰ = 2 · 56 / 1024.
  expect(signFlipTest([...repeat(1, 8), ...repeat(-1, 2), ...repeat(0, 90)])).toBe(112 / 1024)
  expect(signFlipTest([...repeat(-1, 8), ...repeat(1, 2)])).toBe(112 / 1024)
})

test('differences of several trials: every combination of signs counted', () => {
  // 3, 2, 1 sum to 6; sums of ±3 ±2 ±1: 6, 4, 2, 0, 0, −2, −4, −6. Only 6 and −6 are as far.
  expect(signFlipTest([3, 2, 1])).toBe(2 / 8)
  // 3, 2, −1 sum to 4: 6, 4, −4, −6.
  expect(signFlipTest([3, 2, -1])).toBe(4 / 8)
})

test('nothing differs, or nothing is there: nothing is shown', () => {
  expect(signFlipTest([])).toBe(1)
  expect(signFlipTest([0, 0, 0])).toBe(1)
  expect(signFlipTest([2, -2])).toBe(1)
})

test('very many large differences: the limit agrees with what is exact, but for half a step of the sum', () => {
  // 530 against 470: exact by halves of 1; the same in a unit 100 times as fine is too much, and goes by the limit.
  const differences = [...repeat(1, 530), ...repeat(-1, 470)]
  const exact = signFlipTest(differences)
  const limit = signFlipTest(differences.map((one) => one * 100))
  // z = 60 / √1000 = 1.897: 0.0578 beyond it on both sides.
  expect(limit).toBeCloseTo(0.0578, 4)
  expect(Math.abs(limit - exact)).toBeLessThan(0.005)
})

test('refuses parts of a trial', () => {
  expect(() => signFlipTest([0.5])).toThrow(RangeError)
})

test('Holm: the smallest counts three times, the next twice, and none below one before it', () => {
  // 0.01 · 3 = 0.03; 0.02 · 2 = 0.04; 0.03 · 1 = 0.03, raised to 0.04.
  expect(holm([0.02, 0.03, 0.01])).toEqual([0.04, 0.04, 0.03])
  expect(holm([0.6, 0.9])).toEqual([1, 1])
  expect(holm([])).toEqual([])
})
