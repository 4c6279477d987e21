/** How the weights of a matrix lie on the device. Whatever the format, products sum in f32. */
export type WeightFormat = 'f32' | 'f16' | 'int8' | 'int4'

/** Rows (terms of a sum) that share the range their column is quantized to. */
export const GROUP_ROWS = 32

/** Columns in one 32-bit word. */
const COLUMNS_PER_WORD: Readonly<Record<WeightFormat, number>> = { f32: 1, f16: 2, int8: 4, int4: 8 }
/** Columns whose range of one group lies in one word: int8 has one f16 (the largest size), int4 two (low and high). */
const RANGES_PER_WORD: Readonly<Record<WeightFormat, number>> = { f32: 0, f16: 0, int8: 2, int4: 1 }

/**
 * A matrix [inner, columns] in words of 32 bits, row after row. In front of every 32 rows of a quantized one lie the
 * ranges of its columns, so a product reads its weights from front to back.
 */
export interface WeightLayout {
  /** Words of one row, and of the ranges in front of a group of rows. */
  readonly rowWords: number
  readonly rangeWords: number
  readonly words: number
}

/** A matrix [inner, columns] and how its columns lie. */
export interface WeightShape {
  readonly inner: number
  /** A multiple of 8. */
  readonly columns: number
  /**
   * Columns that lie together; all of them where it is not said. Else the matrix is cut into panels [inner, panelColumns], one after
   * another, each of which lies as a matrix of its own: what works on a panel reads it from front to back.
   */
  readonly panelColumns?: number | undefined
}

/** Columns of each of the matrices that lie one after another. */
export function columnsTogether({ columns, panelColumns = columns }: WeightShape): number {
  if (columns % panelColumns !== 0) throw new RangeError(`${columns} columns in panels of ${panelColumns}`)
  return panelColumns
}

/** Words of a whole matrix, in however many panels. */
export function weightWords(format: WeightFormat, shape: WeightShape): number {
  const together = columnsTogether(shape)
  return (shape.columns / together) * weightLayout(format, shape.inner, together).words
}

/** @param columns a multiple of 8 */
export function weightLayout(format: WeightFormat, inner: number, columns: number): WeightLayout {
  const rowWords = columns / COLUMNS_PER_WORD[format]
  const ranges = RANGES_PER_WORD[format]
  const rangeWords = ranges === 0 ? 0 : columns / ranges
  return { rowWords, rangeWords, words: inner * rowWords + Math.ceil(inner / GROUP_ROWS) * rangeWords }
}

/** The word at which the ranges of a group of rows lie; the first of its rows comes `rangeWords` later. */
export function groupStart({ rowWords, rangeWords }: WeightLayout, group: number): number {
  return group * (GROUP_ROWS * rowWords + rangeWords)
}
