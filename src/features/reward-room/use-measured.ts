import { useMemo, useState } from 'react'
import { useApp } from '../../state/hooks.ts'
import { slotScores } from '../../state/traces/trace-columns.ts'
import type { Measured } from '../../state/traces/trace-measures.ts'
import type { Slot, Trace } from '../../state/traces/traces-state.ts'
import { SLOTS } from '../../state/traces/traces-state.ts'
import type { Room } from './use-room.ts'

/** What the pictures of the listed traces are drawn from; the same object until something of it changes. */
export function useMeasured(room: Room): Measured & { readonly scored: readonly Slot[] } {
  const sets = useApp((state) => state.traces.sets)
  const made = useApp((state) => state.traces.made)
  const truth = useApp((state) => state.traces.truth)
  const scores = useApp((state) => state.traces.scores)
  const slots = useApp((state) => state.traces.slots)
  const traces = useListed(room)
  return useMemo(() => {
    const scored = SLOTS.filter((slot) => slotScores({ scores, slots }, slot) !== null)
    return { sets, traces, made, truth, scores, slots, scored }
  }, [sets, traces, made, truth, scores, slots])
}

/** The listed traces in the order of the file: sorting, or a threshold that moves, changes nothing in them. */
function useListed({ traces, listed }: Room): readonly Trace[] {
  const next = useMemo(() => listed.toSorted(), [listed])
  const [kept, setKept] = useState({ from: traces, places: next })
  const same = kept.from === traces && equal(kept.places, next)
  if (!same) setKept({ from: traces, places: next })
  const places = same ? kept.places : next
  return useMemo(() => Array.from(places, (place) => traces[place] as Trace), [places, traces])
}

function equal(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((place, index) => place === b[index])
}
