import { describe, expect, it } from 'vitest'
import { mean, wilsonInterval } from './statistics.ts'

describe('wilsonInterval', () => {
  it('gives the textbook values', () => {
    const [low, high] = wilsonInterval(98, 200)
    expect(low).toBeCloseTo(0.4216, 4)
    expect(high).toBeCloseTo(0.5588, 4)
  })
  it('stays inside [0, 1] at the ends', () => {
    expect(wilsonInterval(0, 10)[0]).toBe(0)
    expect(wilsonInterval(0, 10)[1]).toBeCloseTo(0.2775, 4)
    expect(wilsonInterval(10, 10)[1]).toBe(1)
    expect(wilsonInterval(0, 0)).toEqual([0, 1])
  })
})

describe('mean', () => {
  it('is the arithmetic mean', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(mean([])).toBeNaN()
  })
})
