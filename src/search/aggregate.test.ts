import { describe, expect, it } from 'vitest'
import { aggregate, voteWeight } from './aggregate.ts'
import { AGGREGATIONS } from './models.ts'

describe('aggregate', () => {
  it('gives each score of a path by its definition', () => {
    const scores = [0.5, 0.2, 0.8]
    expect(aggregate('last', scores)).toBe(0.8)
    expect(aggregate('min', scores)).toBe(0.2)
    expect(aggregate('product', scores)).toBeCloseTo(0.08, 12)
    expect(aggregate('mean', scores)).toBeCloseTo(0.5, 12)
    // log 1 + log ¼ + log 4
    expect(aggregate('sum-log-odds', scores)).toBeCloseTo(0, 12)
  })

  it('stays finite for scores of 0 and 1, and gives a path without scores less than any other', () => {
    for (const aggregation of AGGREGATIONS) {
      expect(Number.isFinite(aggregate(aggregation, [0, 1, 1]))).toBe(true)
      const none = aggregate(aggregation, [])
      expect(Number.isFinite(none)).toBe(true)
      for (const length of [1, 20, 1000]) {
        expect(none).toBeLessThanOrEqual(
          aggregate(
            aggregation,
            Array.from({ length }, () => 0),
          ),
        )
      }
      expect(voteWeight(aggregation, none)).toBe(0)
    }
    expect(aggregate('sum-log-odds', [1])).toBeCloseTo(13.8155, 4)
  })

  it('weighs votes between 0 and 1', () => {
    for (const aggregation of AGGREGATIONS) {
      for (const scores of [[0], [1], [0.2, 0.9], Array(1000).fill(0.01), Array(1000).fill(0.99)]) {
        const weight = voteWeight(aggregation, aggregate(aggregation, scores))
        expect(weight).toBeGreaterThanOrEqual(0)
        expect(weight).toBeLessThanOrEqual(1)
      }
    }
    expect(voteWeight('last', 0.3)).toBe(0.3)
    expect(voteWeight('sum-log-odds', 0)).toBe(0.5)
  })
})
