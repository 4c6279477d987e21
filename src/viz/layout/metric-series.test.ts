import { describe, expect, it } from 'vitest'
import { decimated, extentOf, nearestPoint, smoothed } from './metric-series.ts'

const series = (...values: number[]) => values.map((y, index) => ({ x: index + 1, y }))

describe('smoothing', () => {
  it('starts at the first point and stays on a constant', () => {
    expect(smoothed(series(5, 5, 5), 0.9).map(({ y }) => y)).toEqual([5, 5, 5].map((y) => expect.closeTo(y, 12)))
    expect(smoothed(series(4, 0), 0.5)[1]?.y).toBeCloseTo(4 / 3, 12)
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
    expect(extentOf([series(2, 2)])).toEqual([1.8, 2.2])
    expect(extentOf([series(0)])).toEqual([-1, 1])
    expect(extentOf([series(1, 4), series(-1)])).toEqual([-1, 4])
    expect(extentOf([[]])).toBeNull()
  })
})
