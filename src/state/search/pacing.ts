import type { EventType, SearchEvent } from '../../search/events.ts'

type Paced = Pick<SearchEvent, 'type'> & { readonly round?: number }

/** How long an event stands alone, in seconds at speed 1: what decides is read, what repeats is seen. */
const OWN: Readonly<Record<EventType, number>> = {
  started: 1,
  proposed: 0.18,
  scored: 0.18,
  rolledOut: 0.3,
  selected: 0.6,
  revised: 1,
  expanded: 0.2,
  evaluated: 0.3,
  backedUp: 0.08,
  kept: 0.4,
  pruned: 0.15,
  finished: 1.2,
}

/** Added where something else begins: before the first proposal, score or decision of a round. */
const PAUSE: Readonly<Partial<Record<EventType, number>>> = {
  proposed: 0.6,
  scored: 0.4,
  selected: 1,
  revised: 1,
  kept: 1,
  pruned: 0.4,
  finished: 0.8,
}

/** A whole run takes no longer than this at speed 1; where it would, all its waits shrink alike. */
const LONGEST_SECONDS = 40

/**
 * Seconds at speed 1 that a playhead waits before it shows each event. A pause stands before every decision, and before what a
 * round begins with; a run takes 40 seconds at most, however many events it has.
 */
export function eventDelays(events: readonly Paced[]): Float64Array {
  const delays = new Float64Array(events.length)
  let total = 0
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]
    const begins = before !== undefined && (before.type !== event.type || before.round !== event.round)
    const delay = OWN[event.type] + (begins ? (PAUSE[event.type] ?? 0) : 0)
    delays[index] = delay
    total += delay
  }
  if (total <= LONGEST_SECONDS) return delays
  return delays.map((delay) => (delay * LONGEST_SECONDS) / total)
}
