import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  alongScale,
  centreView,
  fitView,
  mixViews,
  panView,
  partView,
  visibleWindow,
  zoomRange,
  zoomView,
} from './view-transform.ts'

const size = { width: 800, height: 600 }
const tall = { left: 0, top: -10_000, right: 1000, bottom: 10_000 }

describe('fitView', () => {
  it('shows a small tree at its true size, in the middle', () => {
    const view = fitView({ left: 0, top: -50, right: 200, bottom: 50 }, size)
    expect(view).toEqual({ scaleX: 1, scaleY: 1, offsetX: 300, offsetY: 306 })
  })

  it('shrinks each axis as much as it needs, so that a tall tree still fills the width', () => {
    const view = fitView(tall, size)
    expect(view.scaleX).toBeCloseTo(772 / 1000, 12)
    expect(view.scaleY).toBeCloseTo(568 / 20_000, 12)
    const shown = visibleWindow(view, size)
    expect(shown.left).toBeCloseTo(-14 / view.scaleX, 9)
    expect(shown.bottom).toBeCloseTo(294 / view.scaleY, 6)
    expect(shown.top).toBeCloseTo(-306 / view.scaleY, 6)
  })
})

describe('alongScale', () => {
  const range = zoomRange(tall, size)

  it('is the fitting scale at the fit and the true proportions from true size on', () => {
    expect(alongScale(range.fitAcross, range)).toBeCloseTo(range.fitAlong, 12)
    expect(alongScale(1, range)).toBe(1)
    expect(alongScale(2.5, range)).toBe(2.5)
  })

  it('never falls while zooming in', () => {
    let before = 0
    for (let across = range.fitAcross; across < 3; across *= 1.05) {
      const along = alongScale(across, range)
      expect(along).toBeGreaterThanOrEqual(before - 1e-12)
      before = along
    }
  })
})

describe('zoomView', () => {
  const range = zoomRange(tall, size)

  it('keeps the point under the pointer where it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 4, noNaN: true }),
        fc.integer({ min: 0, max: 800 }),
        fc.integer({ min: 0, max: 600 }),
        (factor, x, y) => {
          const before = panView(fitView(tall, size), 13, -40)
          const after = zoomView(before, factor, x, y, range)
          expect((x - after.offsetX) / after.scaleX).toBeCloseTo((x - before.offsetX) / before.scaleX, 6)
          expect((y - after.offsetY) / after.scaleY).toBeCloseTo((y - before.offsetY) / before.scaleY, 4)
        },
      ),
    )
  })

  it('ends at three times the true size and at half the fitting one', () => {
    const view = fitView(tall, size)
    const nearest = zoomView(view, 1e6, 0, 0, range)
    expect([nearest.scaleX, nearest.scaleY]).toEqual([expect.closeTo(3, 12), expect.closeTo(3, 12)])
    expect(zoomView(view, 1e-6, 0, 0, range).scaleY).toBeCloseTo(range.fitAcross / 2, 12)
  })
})

describe('centreView', () => {
  it('brings a point of the world to the middle', () => {
    const view = centreView(500, 4000, 0.75, size, zoomRange(tall, size))
    expect(500 * view.scaleX + view.offsetX).toBeCloseTo(400, 9)
    expect(4000 * view.scaleY + view.offsetY).toBeCloseTo(300, 9)
    expect(view.scaleY).toBe(0.75)
  })
})

describe('partView', () => {
  const phone = { width: 390, height: 388 }
  const range = zoomRange({ left: 0, top: -2000, right: 324, bottom: 2000 }, phone)
  const scales = { least: 0.8, most: 1 }

  it('shows a part in the middle, as large as it fits', () => {
    const small = partView({ left: 0, top: 500, right: 324, bottom: 700 }, scales, phone, range)
    expect(small).toMatchObject({ scaleX: 1, scaleY: 1 })
    expect(600 * (small?.scaleY ?? 0) + (small?.offsetY ?? 0)).toBeCloseTo(194, 9)
    const larger = partView({ left: 0, top: 500, right: 324, bottom: 910 }, scales, phone, range)
    // 356 free pixels for 410.
    expect(larger?.scaleY).toBeLessThanOrEqual(356 / 410)
    expect(larger?.scaleY).toBeGreaterThan(356 / 410 - 0.025 - 1e-9)
  })

  it('says where it cannot be shown at the least scale', () => {
    expect(partView({ left: 0, top: 500, right: 324, bottom: 960 }, scales, phone, range)).toBeNull()
  })
})

describe('mixViews', () => {
  it('starts and ends at the two views', () => {
    const a = fitView(tall, size)
    const b = centreView(500, 4000, 1, size, zoomRange(tall, size))
    const start = mixViews(a, b, 0, size)
    for (const key of ['scaleX', 'scaleY', 'offsetX', 'offsetY'] as const) expect(start[key]).toBeCloseTo(a[key], 6)
    expect(mixViews(a, b, 1, size)).toBe(b)
  })

  it('pans in a straight, even line where the scale stays', () => {
    const a = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
    expect(mixViews(a, { ...a, offsetX: 100, offsetY: -40 }, 0.25, size)).toEqual({ ...a, offsetX: 25, offsetY: -10 })
  })
})
