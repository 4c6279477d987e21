import type { Views } from '../../backend.ts'
import { LANE_DONE, LANE_NEXT_POSITION, LANE_TOKEN, STATE_WORDS } from '../lanes.ts'
import { ROW_POSITION, ROW_TABLE, ROW_TOKEN, ROW_WORDS, rowStart } from '../rows.ts'

export const ADVANCE_LANES_BINDINGS = {
  rows: ['u32', 'read_write'],
  states: ['u32', 'read'],
} as const

export function advanceLanesReference({ rows, states }: Views<typeof ADVANCE_LANES_BINDINGS>): () => void {
  return () => {
    const count = rows[0] as number
    let kept = 0
    for (let row = 0; row < count; row++) {
      const from = rowStart(row)
      const state = STATE_WORDS * (rows[from + ROW_TABLE] as number)
      if (states[state + LANE_DONE] !== 0) continue
      const to = rowStart(kept++)
      rows.copyWithin(to, from, from + ROW_WORDS)
      rows[to + ROW_TOKEN] = states[state + LANE_TOKEN] as number
      rows[to + ROW_POSITION] = (states[state + LANE_NEXT_POSITION] as number) - 1
    }
    rows[0] = kept
  }
}
