import { describe, expect, it } from 'vitest'
import { logOdds, logSigmoid, logSumExp, sigmoid } from './numerics.ts'

describe('logSumExp', () => {
  it('adds in log space', () => {
    expect(logSumExp([Math.log(1), Math.log(2), Math.log(3)])).toBeCloseTo(Math.log(6), 12)
  })
  it('survives large values, minus infinity and nothing', () => {
    expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 10)
    expect(logSumExp([Number.NEGATIVE_INFINITY, 0])).toBe(0)
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('sigmoid and logOdds', () => {
  it('are inverses of each other', () => {
    for (const p of [0.001, 0.31, 0.5, 0.9973]) expect(sigmoid(logOdds(p))).toBeCloseTo(p, 12)
  })
  it('stay finite at the ends', () => {
    expect(sigmoid(-800)).toBe(0)
    expect(sigmoid(800)).toBe(1)
    expect(logOdds(1)).toBeCloseTo(13.8155, 4)
    expect(logOdds(0)).toBeCloseTo(-13.8155, 4)
  })
})

describe('logSigmoid', () => {
  it('is the logarithm of the sigmoid', () => {
    for (const x of [-30, -2, 0, 0.7, 12]) expect(logSigmoid(x)).toBeCloseTo(Math.log(sigmoid(x)), 12)
  })
  it('stays finite and exact far out', () => {
    expect(logSigmoid(-1e4)).toBe(-1e4)
    expect(logSigmoid(40)).toBeCloseTo(-Math.exp(-40), 30)
    expect(logSigmoid(1e4) === 0).toBe(true)
  })
})
