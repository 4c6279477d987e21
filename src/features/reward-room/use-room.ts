import { useMemo } from 'react'
import { useApp } from '../../state/hooks.ts'
import type { TraceColumns } from '../../state/traces/trace-columns.ts'
import { columnsOf, listed, scoresOf, slotScores } from '../../state/traces/trace-columns.ts'
import { truthOf } from '../../state/traces/trace-labels.ts'
import type { Scorer, Slot, Trace, TraceLabels, TraceScores } from '../../state/traces/traces-state.ts'

/** What the pictures of the room are made of. */
export interface Room {
  /** All traces. */
  readonly traces: readonly Trace[]
  /** Numbers of all traces, by their place in `traces`. */
  readonly columns: TraceColumns
  /** Places in `traces` of those that are listed, in their order. */
  readonly listed: Uint32Array
  readonly scores: Readonly<Record<Slot, TraceScores | null>>
  readonly scorers: Readonly<Record<Slot, Scorer | null>>
  /** Scores of a trace by a slot's model; null where it has none. */
  scoresOf(slot: Slot, trace: Trace): readonly number[] | null
  /** What counts as the truth of a trace; null where nobody said. */
  truthOf(trace: Trace): TraceLabels | null
}

/** The room's traces as they are filtered and sorted, with scores and truth. */
export function useRoom(): Room {
  const traces = useApp((state) => state.traces.traces)
  const made = useApp((state) => state.traces.made)
  const truth = useApp((state) => state.traces.truth)
  const allScores = useApp((state) => state.traces.scores)
  const allScorers = useApp((state) => state.traces.scorers)
  const slots = useApp((state) => state.traces.slots)
  const view = useApp((state) => state.traces.view)
  const shown = useMemo(
    () => ({ traces, made, truth, scores: allScores, slots }),
    [traces, made, truth, allScores, slots],
  )
  const columns = useMemo(() => columnsOf(shown), [shown])
  const places = useMemo(() => listed(shown, columns, view, slotScores(shown, 'a')), [shown, columns, view])
  return useMemo(() => {
    const scores = { a: slotScores(shown, 'a'), b: slotScores(shown, 'b') }
    const scorerOf = (slot: Slot) => allScorers.find(({ key }) => key === slots[slot]?.scorer) ?? null
    return {
      traces,
      columns,
      listed: places,
      scores,
      scorers: { a: scorerOf('a'), b: scorerOf('b') },
      scoresOf: (slot, trace) => scoresOf(scores[slot], trace),
      truthOf: (trace) => truthOf(trace, made, truth),
    }
  }, [shown, traces, columns, places, allScorers, slots, made, truth])
}
