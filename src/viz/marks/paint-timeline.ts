import type { EventType } from '../../search/events.ts'
import type { Lane, RoundStart, TimelineEvent } from '../layout/event-timeline.ts'
import type { VizTheme } from './theme.ts'

export interface TimelineScene {
  readonly events: readonly TimelineEvent[]
  readonly lanes: readonly Lane[]
  readonly rounds: readonly RoundStart[]
  /** Events the whole width stands for. */
  readonly span: number
  readonly position: number
  readonly hover: number | null
  readonly live: boolean
  readonly width: number
  readonly height: number
  readonly theme: VizTheme
}

export const TOP = 15
const LABELS_FROM = 560
const FUTURE = 0.32

/** Left border of the ticks: beside the lanes' names where there is room for them. */
export function trackLeft(width: number): number {
  return width >= LABELS_FROM ? 78 : 8
}

const RIGHT = 10

export function timelineX(position: number, span: number, width: number): number {
  const left = trackLeft(width)
  return left + ((width - left - RIGHT) * position) / span
}

/** The number of events nearest to a place. */
export function timelinePosition(x: number, span: number, count: number, width: number): number {
  const left = trackLeft(width)
  const position = Math.round(((x - left) / Math.max(1, width - left - RIGHT)) * span)
  return Math.max(0, Math.min(count, position))
}

/** A tick per event in its kind's lane; kept rises and pruned hangs from the middle of theirs. */
export function paintTimeline(context: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { width, height, theme, lanes, span, position, events } = scene
  context.clearRect(0, 0, width, height)
  const lane = (height - TOP - 3) / Math.max(1, lanes.length)
  paintRounds(context, scene)

  lanes.forEach(({ name, types }, index) => {
    const y = TOP + index * lane
    if (width >= LABELS_FROM) {
      context.font = `10px ${theme.sans}`
      context.textAlign = 'right'
      context.textBaseline = 'middle'
      context.fillStyle = theme.muted
      context.fillText(name, trackLeft(width) - 8, y + lane / 2)
    }
    context.fillStyle = theme.line
    context.globalAlpha = 0.6
    context.fillRect(trackLeft(width), Math.round(y + lane / 2), width - trackLeft(width) - RIGHT, 1)
    context.globalAlpha = 1
    for (const type of types) paintTicks(context, scene, type, y + 1, lane - 2)
  })

  const last = events.at(-1)
  if (last?.type === 'finished') {
    const x = timelineX(events.length, span, width)
    context.fillStyle = theme.accent
    context.globalAlpha = position < events.length ? 0.5 : 1
    context.fillRect(x - 2, TOP, 2, height - TOP)
    context.beginPath()
    context.moveTo(x, TOP)
    context.lineTo(x - 8, TOP + 4)
    context.lineTo(x, TOP + 8)
    context.fill()
    context.globalAlpha = 1
  }
  paintHead(context, scene)
}

function paintRounds(context: CanvasRenderingContext2D, { rounds, span, width, height, theme }: TimelineScene): void {
  context.font = `10px ${theme.sans}`
  context.textAlign = 'left'
  context.textBaseline = 'alphabetic'
  let free = Number.NEGATIVE_INFINITY
  rounds.forEach(({ round, position }, index) => {
    const x = Math.round(timelineX(position, span, width))
    const next = rounds[index + 1]
    const end = next === undefined ? width : timelineX(next.position, span, width)
    context.fillStyle = theme.line
    context.fillRect(x, 3, 1, height - 3)
    const long = context.measureText(`round ${round}`).width
    const text = index === 0 && x + 8 + long < end ? `round ${round}` : String(round)
    if (x < free) return
    context.fillStyle = theme.muted
    context.fillText(text, x + 4, 10)
    free = x + 12 + context.measureText(text).width
  })
}

/** All ticks of one kind; several on one column of pixels are drawn as one. */
function paintTicks(
  context: CanvasRenderingContext2D,
  { events, span, width, position, theme }: TimelineScene,
  type: EventType,
  y: number,
  height: number,
): void {
  const step = (width - trackLeft(width) - RIGHT) / span
  const thick = Math.max(1, Math.min(3, step * 0.6))
  const [top, size] =
    type === 'kept' ? [y, height / 2] : type === 'pruned' ? [y + height / 2 + 1, height / 2 - 1] : [y, height]
  const past = new Path2D()
  const future = new Path2D()
  let drawn = Number.NEGATIVE_INFINITY
  for (let index = 0; index < events.length; index++) {
    if (events[index]?.type !== type) continue
    const x = timelineX(index + 0.5, span, width) - thick / 2
    if (x - drawn < 0.75 && index !== position) continue
    drawn = x
    const path = index < position ? past : future
    path.rect(x, top, thick, size)
  }
  context.fillStyle = tickColor(type, theme)
  context.fill(past)
  context.globalAlpha = FUTURE
  context.fill(future)
  context.globalAlpha = 1
}

/** Colours repeat what the lanes say; none of them is needed to tell two kinds apart. */
export function tickColor(type: EventType, theme: VizTheme): string {
  switch (type) {
    case 'kept':
    case 'selected':
    case 'revised':
      return theme.text
    case 'pruned':
      return theme.muted
    case 'finished':
      return theme.accent
    case 'scored':
    case 'evaluated':
    case 'backedUp':
      return theme.scheme === 'light' ? '#1f8a84' : '#2fb8a6'
    case 'rolledOut':
      return theme.scheme === 'light' ? '#7a5195' : '#b18bd0'
    default:
      return theme.scheme === 'light' ? '#3b6fb5' : '#7fa8e0'
  }
}

function paintHead(
  context: CanvasRenderingContext2D,
  { position, hover, span, width, height, theme, live }: TimelineScene,
): void {
  if (hover !== null && hover !== position) {
    context.fillStyle = theme.muted
    context.fillRect(Math.round(timelineX(hover, span, width)), 3, 1, height - 3)
  }
  const x = Math.round(timelineX(position, span, width))
  context.fillStyle = theme.focus
  context.fillRect(x - 1, 3, 2, height - 3)
  context.beginPath()
  context.moveTo(x - 5, 1)
  context.lineTo(x + 5, 1)
  context.lineTo(x + 5, 6)
  context.lineTo(x, 11)
  context.lineTo(x - 5, 6)
  context.closePath()
  context.fill()
  context.strokeStyle = theme.background
  context.lineWidth = 1
  context.stroke()
  if (!live) return
  context.strokeStyle = theme.muted
  context.setLineDash([2, 4])
  context.beginPath()
  context.moveTo(x + 8, height - 1.5)
  context.lineTo(width - RIGHT, height - 1.5)
  context.stroke()
  context.setLineDash([])
}
