import { describe, expect, it } from 'vitest'
import { standardDeviation } from './standard-deviation.ts'

describe('standardDeviation', () => {
  it('divides by n - 1', () => {
    expect(standardDeviation([1, 3])).toBeCloseTo(Math.SQRT2, 12)
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12)
  })
  it('of fewer than two values is 0', () => {
    expect(standardDeviation([5])).toBe(0)
    expect(standardDeviation([])).toBe(0)
  })
})
