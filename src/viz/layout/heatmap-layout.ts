/** Sizes of a heatmap's parts in CSS pixels; a cell has a gap at its right and below it. */
export const HEATMAP = { row: 15, cell: 17, gap: 1, head: 20, names: 88 } as const

/** What of a heatmap is in view: rows `firstRow` … `lastRow − 1`, columns likewise. */
export interface HeatmapWindow {
  readonly firstRow: number
  readonly lastRow: number
  readonly firstColumn: number
  readonly lastColumn: number
}

/** The whole picture's size. */
export function heatmapSize(rows: number, columns: number): { readonly width: number; readonly height: number } {
  return { width: HEATMAP.names + columns * HEATMAP.cell, height: HEATMAP.head + rows * HEATMAP.row }
}

/** Rows and columns that can be seen, at least in part. */
export function heatmapWindow(
  { rows, columns }: { readonly rows: number; readonly columns: number },
  scroll: { readonly left: number; readonly top: number },
  view: { readonly width: number; readonly height: number },
): HeatmapWindow {
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value))
  return {
    firstRow: clamp(Math.floor(scroll.top / HEATMAP.row), rows),
    lastRow: clamp(Math.ceil((scroll.top + view.height - HEATMAP.head) / HEATMAP.row), rows),
    firstColumn: clamp(Math.floor(scroll.left / HEATMAP.cell), columns),
    lastColumn: clamp(Math.ceil((scroll.left + view.width - HEATMAP.names) / HEATMAP.cell), columns),
  }
}

/** Row and column at a place of the view; null beside the rows. The column may lie behind a row's end, or before the first (−1). */
export function heatmapCellAt(
  rows: number,
  scroll: { readonly left: number; readonly top: number },
  at: { readonly x: number; readonly y: number },
): { readonly row: number; readonly column: number } | null {
  const row = Math.floor((at.y - HEATMAP.head + scroll.top) / HEATMAP.row)
  if (at.y < HEATMAP.head || row < 0 || row >= rows) return null
  return { row, column: at.x < HEATMAP.names ? -1 : Math.floor((at.x - HEATMAP.names + scroll.left) / HEATMAP.cell) }
}

/** How far down to scroll so that a row can be seen whole; where it can, nothing changes. */
export function scrollToRow(row: number, top: number, height: number): number {
  const room = height - HEATMAP.head
  const [from, to] = [row * HEATMAP.row, (row + 1) * HEATMAP.row]
  if (from < top) return from
  return to > top + room ? to - room : top
}
