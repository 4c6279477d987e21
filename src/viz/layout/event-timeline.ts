import type { EventType } from '../../search/events.ts'

/** A `SearchEvent` fits. */
export interface TimelineEvent {
  readonly type: EventType
  readonly round?: number
}

/** A row of the timeline; kept and pruned share one, above and below its middle. */
export interface Lane {
  readonly name: string
  readonly types: readonly EventType[]
}

const LANES: readonly Lane[] = [
  { name: 'selected', types: ['selected'] },
  { name: 'revised', types: ['revised'] },
  { name: 'proposed', types: ['proposed'] },
  { name: 'rolled out', types: ['rolledOut'] },
  { name: 'scored', types: ['scored'] },
  { name: 'evaluated', types: ['expanded', 'evaluated'] },
  { name: 'backed up', types: ['backedUp'] },
  { name: 'kept, pruned', types: ['kept', 'pruned'] },
]

/** Lanes of the kinds that occur, top to bottom in the order a round runs through them. */
export function lanesOf(events: readonly TimelineEvent[]): Lane[] {
  const seen = new Set(events.map(({ type }) => type))
  return LANES.filter(({ types }) => types.some((type) => seen.has(type)))
}

/** A round and the number of events before its first one. */
export interface RoundStart {
  readonly round: number
  readonly position: number
}

export function roundStarts(events: readonly TimelineEvent[]): RoundStart[] {
  const starts: RoundStart[] = []
  events.forEach(({ round }, position) => {
    if (round !== undefined && round > (starts.at(-1)?.round ?? Number.NEGATIVE_INFINITY))
      starts.push({ round, position })
  })
  return starts
}

/**
 * Where a jump by one round leads: forward to the end of the round being watched (all its events applied), back to
 * the end of the round before; the borders of the run beyond.
 */
export function roundJump(events: readonly TimelineEvent[], position: number, direction: 1 | -1): number {
  const borders = [0, ...roundStarts(events).map((start) => start.position), events.length]
  if (direction > 0) return borders.find((border) => border > position) ?? events.length
  return borders.findLast((border) => border < position) ?? 0
}

/**
 * Room for so many events: while a run goes on, the next power of 1.5 from 64, so that the ticks stand still between
 * two enlargements.
 */
export function timelineSpan(count: number, live: boolean): number {
  if (!live) return Math.max(1, count)
  let span = 64
  while (span < count) span = Math.ceil(span * 1.5)
  return span
}
