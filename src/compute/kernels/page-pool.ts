import { PAGE_POSITIONS } from './rows.ts'

/**
 * Keys and values of one pool: pages of 16 positions, each position [key | value][key-value head][head width].
 * Several layers share a pool: layer l's pages follow layer l − 1's. `pageTables` has one line of page numbers per
 * sequence; `layer` holds the number of pages before the layer's own.
 */
export interface PoolShape {
  readonly keyValueHeads: number
  /** Head dimension rounded up to a multiple of 4; what lies past it is zero. */
  readonly headWidth: number
  /** Entries of one line of the page tables. */
  readonly pagesPerSequence: number
}

/** Floats of one position: its keys, then its values. */
export function positionStride({ keyValueHeads, headWidth }: Pick<PoolShape, 'keyValueHeads' | 'headWidth'>): number {
  return 2 * keyValueHeads * headWidth
}

/** Floats of one page. */
export function pageStride(shape: Pick<PoolShape, 'keyValueHeads' | 'headWidth'>): number {
  return PAGE_POSITIONS * positionStride(shape)
}
