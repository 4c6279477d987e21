import type { Views } from '../../backend.ts'
import { NO_ROW } from '../attention/attention-shape.ts'
import {
  ROW_POSITION,
  ROW_SLOT,
  ROW_TABLE,
  ROW_TOKEN,
  rowStart,
  TARGET_ROW,
  TARGET_SLOT,
  TARGET_TABLE,
} from '../rows.ts'
import { SEQUENCE_DONE, SEQUENCE_NEXT_POSITION, SEQUENCE_TOKEN, STATE_WORDS } from '../sequences.ts'

export interface AdvanceSequencesShape {
  /** Invocations that work on it, in one workgroup. */
  readonly lanes: number
  /** Targets there can be. */
  readonly capacity: number
}

export const ADVANCE_SEQUENCES_BINDINGS = {
  rows: ['u32', 'read_write'],
  targets: ['u32', 'read_write'],
  states: ['u32', 'read'],
  /** Per sequence: the row it leads from now on, or `NO_ROW`. */
  sequenceRows: ['u32', 'read_write'],
} as const

export function advanceSequencesReference(views: Views<typeof ADVANCE_SEQUENCES_BINDINGS>): () => void {
  const { rows, targets, states, sequenceRows } = views
  /** Row of each (row before, token) so far, the two as one number: this runs at every step. */
  const known = new Map<number, number>()
  return () => {
    known.clear()
    const count = targets[0] as number
    let kept = 0
    for (let target = 0; target < count; target++) {
      const from = rowStart(target)
      const sequence = targets[from + TARGET_TABLE] as number
      const slot = targets[from + TARGET_SLOT] as number
      const state = STATE_WORDS * sequence
      sequenceRows[sequence] = NO_ROW
      if (states[state + SEQUENCE_DONE] !== 0) continue
      const token = states[state + SEQUENCE_TOKEN] as number
      const history = (targets[from + TARGET_ROW] as number) * 2 ** 32 + token
      const row = known.get(history) ?? known.size
      if (row === known.size) {
        known.set(history, row)
        sequenceRows[sequence] = row
        const at = rowStart(row)
        rows[at + ROW_TOKEN] = token
        rows[at + ROW_POSITION] = (states[state + SEQUENCE_NEXT_POSITION] as number) - 1
        rows[at + ROW_TABLE] = sequence
        rows[at + ROW_SLOT] = slot
      }
      const to = rowStart(kept++)
      targets[to + TARGET_ROW] = row
      targets[to + TARGET_TABLE] = sequence
      targets[to + TARGET_SLOT] = slot
    }
    rows[0] = known.size
    targets[0] = kept
  }
}
