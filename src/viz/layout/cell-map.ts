/** Where the cells of a map lie, and what fits in them. */
export interface CellMapLayout {
  readonly left: number
  readonly top: number
  readonly cell: { readonly width: number; readonly height: number }
  readonly width: number
  readonly height: number
  /** Texts in cells are left to the markers where cells are too narrow for them. */
  readonly texts: boolean
}

const CELL_HEIGHT = 44
const MOST_WIDE = 132
/** For `12.3 %` and a marker. */
const ROOM_FOR_TEXT = 46
const LETTER = 6

/** @param rowTitles are left of their rows, clipped at a third of the width */
export function cellMapLayout(rowTitles: readonly string[], columns: number, width: number): CellMapLayout {
  const longest = Math.max(0, ...rowTitles.map(({ length }) => length))
  const left = Math.min(width / 3, longest * LETTER + 14)
  const wide = Math.min(MOST_WIDE, (width - left - 2) / Math.max(1, columns))
  return {
    left,
    top: 4,
    cell: { width: wide, height: CELL_HEIGHT },
    width,
    height: 4 + rowTitles.length * CELL_HEIGHT + 40,
    texts: wide >= ROOM_FOR_TEXT,
  }
}

/** The cell that a key goes to; null at the edge, and for other keys. */
export function neighbourCell(
  [row, column]: readonly [row: number, column: number],
  key: string,
  [rows, columns]: readonly [rows: number, columns: number],
): readonly [row: number, column: number] | null {
  const [down, right] = {
    ArrowUp: [-1, 0] as const,
    ArrowDown: [1, 0] as const,
    ArrowLeft: [0, -1] as const,
    ArrowRight: [0, 1] as const,
    Home: [0, -column] as const,
    End: [0, columns - 1 - column] as const,
  }[key] ?? [0, 0]
  const to = [row + down, column + right] as const
  const there = to[0] >= 0 && to[0] < rows && to[1] >= 0 && to[1] < columns
  return there && (down !== 0 || right !== 0) ? to : null
}
