import { describe, expect, it } from 'vitest'
import { edgeCurve, edgeWidth } from './edge-path.ts'

describe('edgeCurve', () => {
  it('leaves and arrives along the depth', () => {
    expect(edgeCurve(0, 5, 40, 25)).toEqual({
      x0: 0,
      y0: 5,
      x1: 20,
      y1: 5,
      x2: 20,
      y2: 25,
      x3: 40,
      y3: 25,
    })
  })
})

describe('edgeWidth', () => {
  it('grows with the square root of the probability, from 0.75 to 5 pixels', () => {
    expect(edgeWidth(Number.NEGATIVE_INFINITY)).toBe(0.75)
    expect(edgeWidth(Math.log(0.25))).toBeCloseTo(2.875, 12)
    expect(edgeWidth(0)).toBe(5)
    expect(edgeWidth(0.01)).toBe(5)
    expect(edgeWidth(Number.NaN)).toBe(0.75)
  })
})
