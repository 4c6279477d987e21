/**
 * The rows of a pass, as kernels see them (`rows: array<vec4u>`): first (count, 0, 0, 0), then one vec4 for each row:
 * token id, position, index of its page table, and hidden-state slot. Kernels do the first `count` rows and no more, so
 * the device itself may lower the count between the recorded steps of a decode burst.
 */
export const ROW_WORDS = 4
export const ROW_TOKEN = 0
export const ROW_POSITION = 1
export const ROW_TABLE = 2
export const ROW_SLOT = 3

/**
 * Where the rows' results go, as kernels see it (`targets: array<vec4u>`): first (count, 0, 0, 0), then for each target
 * its row, a word of scratch, index of its page table, and hidden-state slot. Sequences whose histories are equal share
 * one row: it is computed once, and each of them gets its keys, values and hidden state through a target of its own, so
 * that they can part at the next token with nothing to copy. A row's first target is its leader: the row has the
 * leader's table and slot. In a decode burst the table's index is the sequence's number.
 */
export const TARGET_ROW = 0
export const TARGET_TABLE = 2
export const TARGET_SLOT = 3

/**
 * WGSL: zero, but no compiler knows. Added to a loop's bound it keeps software drivers from unrolling the loop, which
 * would take them seconds.
 */
export const HIDDEN_ZERO = 'rows[0].y'

/** Slot of a row whose hidden state nobody keeps. */
export const NO_SLOT = 0xffffffff

/** Words of a rows buffer for `capacity` rows. */
export function rowsLength(capacity: number): number {
  return ROW_WORDS * (1 + capacity)
}

/** The word at which row `row` starts. */
export function rowStart(row: number): number {
  return ROW_WORDS * (1 + row)
}

/** Positions per page of the key-value pool. */
export const PAGE_POSITIONS = 16
