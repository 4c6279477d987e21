import type { KeyboardEvent, PointerEvent } from 'react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { EventType } from '../../search/events.ts'
import { lanesOf, roundJump, roundStarts, timelineSpan } from '../layout/event-timeline.ts'
import { paintTimeline, timelinePosition, timelineX } from './paint-timeline.ts'
import { useVizTheme } from './theme.ts'
import './marks.css'

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

const LANE = 11
const FRAME = 18

/**
 * Timeline of a run: a tick per event, its kind by lane and colour. Drag or click; keys: arrows one event (with Shift
 * ten), Page keys one round, Home and End.
 */
export function EventScrubber({
  events,
  position,
  onSeek,
  describe,
  live = false,
  label = 'Events of the run',
  className,
}: EventScrubberProps) {
  const host = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useVizTheme(host)
  const [width, setWidth] = useState(0)
  const [hover, setHover] = useState<number | null>(null)
  const lanes = useMemo(() => lanesOf(events), [events])
  const rounds = useMemo(() => roundStarts(events), [events])
  const span = timelineSpan(events.length, live)
  const height = FRAME + LANE * Math.max(2, lanes.length)

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    const surface = canvas.current
    const context = surface?.getContext('2d')
    if (surface == null || context == null || width === 0) return
    const frame = requestAnimationFrame(() => {
      const ratio = devicePixelRatio
      const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)]
      if (surface.width !== deviceWidth) surface.width = deviceWidth
      if (surface.height !== deviceHeight) surface.height = deviceHeight
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      paintTimeline(context, { events, lanes, rounds, span, position, hover, live, width, height, theme })
    })
    return () => cancelAnimationFrame(frame)
  }, [events, lanes, rounds, span, position, hover, live, width, height, theme])

  const at = (event: PointerEvent<HTMLDivElement>) => {
    const left = event.currentTarget.getBoundingClientRect().left
    return timelinePosition(event.clientX - left, span, events.length, width)
  }
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    onSeek(at(event))
  }
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const here = at(event)
    if (event.pointerType !== 'touch') setHover(here)
    if (event.buttons === 1 && here !== position) onSeek(here)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = event.shiftKey ? 10 : 1
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: position + step,
      ArrowUp: position + step,
      ArrowLeft: position - step,
      ArrowDown: position - step,
      PageUp: roundJump(events, position, 1),
      PageDown: roundJump(events, position, -1),
      Home: 0,
      End: events.length,
    }
    const target = targets[event.key]
    if (target === undefined) return
    onSeek(Math.max(0, Math.min(events.length, target)))
    event.preventDefault()
    event.stopPropagation()
  }

  const sentence = describe?.(position) ?? ''
  return (
    <div
      ref={host}
      className={className === undefined ? 'viz-scrubber' : `viz-scrubber ${className}`}
      style={{ height }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={events.length}
      aria-valuenow={position}
      aria-valuetext={`event ${position} of ${events.length}${sentence === '' ? '' : `: ${sentence}`}`}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerLeave={() => setHover(null)}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} />
      {hover !== null && (
        <span
          className="viz-tip"
          aria-hidden="true"
          style={{ left: Math.max(150, Math.min(width - 150, timelineX(hover, span, width))) }}
        >
          <span className="viz-number">
            {hover}/{events.length}
          </span>{' '}
          {describe?.(hover) ?? events[hover - 1]?.type ?? 'before the first event'}
        </span>
      )}
    </div>
  )
}
