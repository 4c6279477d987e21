import { describe, expect, it } from 'vitest'
import { HEATMAP, heatmapCellAt, heatmapSize, heatmapWindow, scrollToRow } from './heatmap-layout.ts'

const { row, cell, head, names } = HEATMAP

describe('a heatmap', () => {
  it('of 10,000 rows draws those in view alone', () => {
    expect(heatmapSize(10_000, 40)).toEqual({ width: names + 40 * cell, height: head + 10_000 * row })
    // 300 pixels below the head hold 20 rows; half a row is seen above, so one more below.
    const view = { width: names + 10 * cell, height: head + 20 * row }
    expect(heatmapWindow({ rows: 10_000, columns: 40 }, { left: 0, top: 100 * row + row / 2 }, view)).toEqual({
      firstRow: 100,
      lastRow: 121,
      firstColumn: 0,
      lastColumn: 10,
    })
  })

  it('has no rows behind its last, and no columns behind the longest', () => {
    const view = { width: 2000, height: 2000 }
    expect(heatmapWindow({ rows: 3, columns: 2 }, { left: 0, top: 0 }, view)).toEqual({
      firstRow: 0,
      lastRow: 3,
      firstColumn: 0,
      lastColumn: 2,
    })
  })

  it('knows the cell under the pointer', () => {
    const scroll = { left: 2 * cell, top: 5 * row }
    expect(heatmapCellAt(10, scroll, { x: names + 1, y: head + 1 })).toEqual({ row: 5, column: 2 })
    expect(heatmapCellAt(10, scroll, { x: 3, y: head + 1 })).toEqual({ row: 5, column: -1 })
    expect(heatmapCellAt(10, scroll, { x: 3, y: head - 1 })).toBeNull()
    expect(heatmapCellAt(6, scroll, { x: names + 1, y: head + row + 1 })).toBeNull()
  })

  it('scrolls no further than it must', () => {
    const height = head + 10 * row
    expect(scrollToRow(4, 0, height)).toBe(0)
    expect(scrollToRow(10, 0, height)).toBe(row)
    expect(scrollToRow(4, 6 * row, height)).toBe(4 * row)
  })
})
