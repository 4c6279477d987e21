import { describe, expect, it } from 'vitest'
import { groupedRate, mean, passAtK, wilsonInterval } from './statistics.ts'

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

describe('groupedRate', () => {
  it('is Wilson’s interval with one trial a group', () => {
    const groups = Array.from({ length: 200 }, (_, i) => ({ successes: i < 98 ? 1 : 0, trials: 1 }))
    expect(groupedRate(groups)).toEqual({ rate: 0.49, interval: wilsonInterval(98, 200) })
  })
  it('counts trials that always agree as one, and trials that vary as in one group as many', () => {
    const agreeing = Array.from({ length: 40 }, (_, i) => ({ successes: i < 10 ? 8 : 0, trials: 8 }))
    expect(groupedRate(agreeing).interval[0]).toBeCloseTo(wilsonInterval(10, 40)[0], 6)
    const independent = Array.from({ length: 40 }, () => ({ successes: 2, trials: 8 }))
    expect(groupedRate(independent).rate).toBe(0.25)
    const spread = [1, 2, 3, 2, 1, 3, 2, 2].map((successes) => ({ successes, trials: 8 }))
    const [low, high] = groupedRate(spread).interval
    const [lowest, highest] = wilsonInterval(16, 64)
    expect(low).toBeCloseTo(lowest, 6)
    expect(high).toBeCloseTo(highest, 6)
  })
  it('stays sensible at the ends', () => {
    expect(groupedRate([])).toEqual({ rate: 0, interval: [0, 1] })
    expect(groupedRate([{ successes: 8, trials: 8 }]).interval).toEqual(wilsonInterval(1, 1))
  })
})

describe('passAtK', () => {
  it('is the unbiased estimate', () => {
    expect(passAtK({ successes: 2, trials: 8 }, 1)).toBeCloseTo(0.25, 12)
    // 1 − C(6, 4) / C(8, 4) = 1 − 15 / 70.
    expect(passAtK({ successes: 2, trials: 8 }, 4)).toBeCloseTo(1 - 15 / 70, 12)
    expect(passAtK({ successes: 1, trials: 8 }, 8)).toBe(1)
    expect(passAtK({ successes: 0, trials: 8 }, 8)).toBe(0)
    expect(() => passAtK({ successes: 0, trials: 2 }, 4)).toThrow(RangeError)
  })
})
