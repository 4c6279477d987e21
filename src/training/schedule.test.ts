import { expect, test } from 'vitest'
import { learningRate } from './schedule.ts'

const settings = { peak: 0.1, warmupSteps: 4, totalSteps: 14, minimumRatio: 0 }
const rates = (kind: 'constant' | 'linear' | 'cosine', changes = {}) =>
  Array.from({ length: 16 }, (_, step) => learningRate({ kind, ...settings, ...changes }, step))

test('all rise alike, from above 0, to the peak', () => {
  for (const kind of ['constant', 'linear', 'cosine'] as const) {
    expect(rates(kind).slice(0, 5)).toEqual([0.02, 0.04, expect.closeTo(0.06, 12), 0.08, 0.1])
  }
})

test('constant stays', () => {
  expect(rates('constant').slice(4)).toEqual(Array(12).fill(0.1))
})

test('linear falls by equal steps and would be at the minimum after the last', () => {
  const found = rates('linear', { minimumRatio: 0.5 })
  expect(found[5]).toBeCloseTo(0.095, 12)
  expect(found[9]).toBeCloseTo(0.075, 12)
  expect(found[13]).toBeCloseTo(0.055, 12)
  expect(found[14]).toBeCloseTo(0.05, 12)
  expect(found[15]).toBeCloseTo(0.05, 12)
})

test('cosine is half way in the middle, slow at both ends', () => {
  const found = rates('cosine', { minimumRatio: 0.1 })
  expect(found[9]).toBeCloseTo(0.055, 12)
  expect(found[4]).toBe(0.1)
  expect((found[4] ?? 0) - (found[5] ?? 0)).toBeLessThan(0.003)
  expect(found[14]).toBeCloseTo(0.01, 12)
  expect(found[13]).toBeGreaterThan(0.01)
})

test('no way up, no steps, or only a way up', () => {
  expect(learningRate({ kind: 'linear', ...settings, warmupSteps: 0 }, 0)).toBe(0.1)
  expect(learningRate({ kind: 'cosine', ...settings, warmupSteps: 0, totalSteps: 0 }, 0)).toBe(0.1)
  expect(learningRate({ kind: 'cosine', ...settings, warmupSteps: 14 }, 13)).toBeLessThan(0.1)
  expect(learningRate({ kind: 'cosine', ...settings, warmupSteps: 14 }, 14)).toBe(0.1)
})
