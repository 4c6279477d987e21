import { describe, expect, it } from 'vitest'
import { axisOf, decimated, isRounding, nearestPoint, smoothed } from './metric-series.ts'

const series = (...values: number[]) => values.map((y, index) => ({ x: index + 1, y }))

describe('smoothing', () => {
  it('starts from the mean of as many points as it remembers, and stays on a constant', () => {
    expect(smoothed(series(5, 5, 5), 0.9).map(({ y }) => y)).toEqual([5, 5, 5].map((y) => expect.closeTo(y, 12)))
    // Two are remembered: 2, then halfway to each point.
    expect(smoothed(series(4, 0, 2), 0.5).map(({ y }) => y)).toEqual([3, 1.5, 1.75])
    // One noisy first value of 20 moves the start by less than half of itself.
    const noisy = smoothed(series(10, ...Array.from({ length: 19 }, () => 1)), 0.8)
    expect(noisy[0]?.y).toBeLessThan(5)
    expect(noisy.at(-1)?.y).toBeCloseTo(1, 1)
    expect(smoothed([], 0.8)).toEqual([])
    expect(smoothed(series(1, 3, 2), 0)).toEqual(series(1, 3, 2))
  })
})

describe('decimation', () => {
  it('of 10,000 points keeps every spike, in order', () => {
    const points = series(
      ...Array.from({ length: 10_000 }, (_, i) => (i === 4321 ? 99 : i === 7001 ? -99 : Math.sin(i))),
    )
    const few = decimated(points, 100)
    expect(few.length).toBeLessThanOrEqual(200)
    expect(few.map(({ x }) => x)).toEqual(few.map(({ x }) => x).toSorted((a, b) => a - b))
    expect(few).toContainEqual({ x: 4322, y: 99 })
    expect(few).toContainEqual({ x: 7002, y: -99 })
    expect(decimated(points.slice(0, 200), 100)).toHaveLength(200)
  })
})

describe('reading a chart', () => {
  it('finds the nearest step, the earlier of two', () => {
    const points = [
      { x: 10, y: 1 },
      { x: 20, y: 2 },
    ]
    expect([0, 14, 15, 16, 99].map((x) => nearestPoint(points, x)?.x)).toEqual([10, 10, 10, 20, 20])
    expect(nearestPoint([], 3)).toBeNull()
  })

  it('gives a flat series room', () => {
    expect(axisOf([series(2, 2)], 'set')).toEqual([1.8, 2.2])
    expect(axisOf([series(2, 2)], 'measured')).toEqual([1.8, 2.2])
    expect(axisOf([series(1, 4), series(-1)], 'measured')).toEqual([-1, 4])
    expect(axisOf([[]], 'share')).toBeNull()
  })

  it('does not blow up what differs little', () => {
    const span = (axis: readonly [number, number] | null) => (axis === null ? 0 : axis[1] - axis[0])
    const pass = axisOf([series(0.445, 0.434)], 'share')
    expect(span(pass)).toBeCloseTo(0.2, 12)
    expect(pass?.[0]).toBeCloseTo(0.3395, 12)
    expect(axisOf([series(0, 0.01)], 'share')).toEqual([0, 0.2])
    expect(axisOf([series(0.99, 1)], 'share')).toEqual([0.8, 1])
    expect(axisOf([series(0.5, 0.5)], 'share')?.map((y) => y.toFixed(2))).toEqual(['0.40', '0.60'])
    expect(axisOf([series(0.1, 0.9)], 'share')).toEqual([0.1, 0.9])
    expect(span(axisOf([series(2, 2.001)], 'measured'))).toBeCloseTo(0.05 * 2.001, 12)
    expect(axisOf([series(1e-4, 1.001e-4)], 'set')).toEqual([1e-4, 1.001e-4])
  })

  it('knows what is nothing but rounding', () => {
    const rounding = series(2e-8, -2e-8, 0)
    expect(isRounding(rounding)).toBe(true)
    expect(axisOf([rounding], 'measured')).toEqual([-0.001, 0.001])
    expect(isRounding(series(2e-8, 0.1))).toBe(false)
    expect(isRounding(series(0, 0))).toBe(false)
  })
})
