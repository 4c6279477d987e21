import { area, line } from 'd3'
import type { KeyboardEvent, MouseEvent, Ref } from 'react'
import { useMemo, useRef, useState } from 'react'
import type {
  PictureAxis,
  PictureDomain,
  PictureLine,
  PlacedLabel,
  PlacedLine,
  PlacedPoint,
  PointPlace,
  ScalingLayout,
} from '../layout/scaling-layout.ts'
import { LABEL_ROW, neighbourPoint, scalingLayout } from '../layout/scaling-layout.ts'
import { LINE_COLORS, LineMarker } from './line-mark.tsx'
import './marks.css'
import './scaling.css'
import { useWidth } from './use-width.ts'

export interface ScalingPictureProps {
  /** For files: `svgFile`. */
  readonly ref?: Ref<SVGSVGElement>
  readonly title: string
  readonly lines: readonly PictureLine[]
  readonly axis: PictureAxis
  /** Shared by several pictures; by default what the lines need. */
  readonly domain?: PictureDomain | null
  /** Ids of the points on the Pareto front, from the cheapest on. */
  readonly front?: readonly string[]
  /** Ids of points that are chosen. */
  readonly selected?: readonly string[]
  /** @param extend whether it is to be chosen besides what is (with Shift, Control or Command) */
  readonly onSelect?: (id: string, extend: boolean) => void
  /** Results that do not belong to the set-up beside them. */
  readonly stale?: boolean
  /** One of several small pictures that share a legend. */
  readonly small?: boolean
  /** In pixels; by default the room there is. */
  readonly width?: number
}

/** The points are read one by one; what is drawn around them is not. */
const UNREAD = { 'aria-hidden': true } as const
const LEGEND_ROW = 18
const LEGEND_COLUMN = 230

/**
 * Shares against cost, a line a strategy, with bands of 95 %. Lines are told apart by dash and marker, and named at their
 * ends. One tab stop: arrow keys go from point to point, Enter chooses.
 */
export function ScalingPicture(props: ScalingPictureProps) {
  const host = useRef<HTMLDivElement>(null)
  const room = useWidth(host)
  const width = props.width ?? room
  return (
    <div className="viz-scaling" data-stale={props.stale ?? false} ref={host}>
      {width > 0 ? <Picture {...props} width={width} /> : null}
    </div>
  )
}

function Picture(props: ScalingPictureProps & { width: number }) {
  const { ref, title, lines, axis, domain, front = [], selected = [], onSelect, small = false, width } = props
  const height = small ? 210 : Math.round(Math.min(460, Math.max(280, width * 0.55)))
  const layout = useMemo(
    () => scalingLayout(lines, axis, { width, height, small }, domain ?? undefined),
    [lines, axis, domain, width, height, small],
  )
  const [at, setAt] = useState<PointPlace>([0, 0])
  const [read, setRead] = useState<PointPlace | null>(null)
  const marks = useRef(new Map<string, SVGGElement>())
  if (layout === null) return null
  const stop = pointAt(layout, at) ? at : ([0, 0] as const)
  const shown = read && pointAt(layout, read)
  const legend = layout.letters && !small
  const columns = Math.max(1, Math.floor(width / LEGEND_COLUMN))
  const legendRows = legend ? Math.ceil(layout.lines.length / columns) : 0
  const whole = height + (legend ? legendRows * LEGEND_ROW + 6 : 0)
  const go = (event: KeyboardEvent, place: PointPlace, id: string) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      onSelect?.(id, event.shiftKey || event.ctrlKey || event.metaKey)
      return
    }
    const next = neighbourPoint(layout.lines, place, event.key)
    if (next === null) return
    event.preventDefault()
    setAt(next)
    marks.current.get(next.join())?.focus()
  }
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be in an SVG */}
      <svg
        ref={ref ?? null}
        className="viz-scaling-picture"
        viewBox={`0 0 ${width} ${whole}`}
        width={width}
        height={whole}
        role="group"
        aria-label={`${title}: accuracy in percent against ${axis.title}, ${layout.lines.length} line${layout.lines.length === 1 ? '' : 's'}`}
      >
        <Axes layout={layout} axis={axis} small={small} />
        <Front layout={layout} front={front} />
        {layout.lines.map((one) => (
          <Line key={one.id} line={one} dimmed={read !== null && layout.lines[read[0]] !== one} />
        ))}
        {layout.labels.map((label) => (
          <Label key={label.line.id} label={label} />
        ))}
        {layout.lines.map((one, lineIndex) => (
          <g
            key={one.id}
            className="viz-style"
            data-style={one.style % LINE_COLORS}
            data-ceiling={one.ceiling ?? false}
          >
            {one.points.map((point, index) => {
              const place = [lineIndex, index] as const
              return (
                <Mark
                  key={point.id}
                  ref={(element) => {
                    if (element) marks.current.set(place.join(), element)
                    else marks.current.delete(place.join())
                  }}
                  line={one}
                  point={point}
                  stop={stop[0] === lineIndex && stop[1] === index}
                  chosen={selected.includes(point.id)}
                  onChoose={(event) => onSelect?.(point.id, event.shiftKey || event.ctrlKey || event.metaKey)}
                  onKey={(event) => go(event, place, point.id)}
                  onRead={(reading) => setRead(reading ? place : null)}
                  onFocus={() => {
                    setAt(place)
                    setRead(place)
                  }}
                />
              )
            })}
          </g>
        ))}
        {legend ? <Legend lines={layout.lines} columns={columns} width={width} top={height + 6} /> : null}
      </svg>
      {read && shown ? <Tip line={layout.lines[read[0]] as PlacedLine} point={shown} width={width} /> : null}
    </>
  )
}

function pointAt({ lines }: ScalingLayout, [lineIndex, index]: PointPlace): PlacedPoint | null {
  return lines[lineIndex]?.points[index] ?? null
}

function Axes({ layout, axis, small }: { layout: ScalingLayout; axis: PictureAxis; small: boolean }) {
  const { field, rows, columns } = layout
  return (
    <g {...UNREAD}>
      {rows.map(({ at, text }) => (
        <g key={text}>
          <line className="viz-grid" x1={field.left} x2={field.right} y1={at} y2={at} />
          <text className="viz-tick" x={field.left - 6} y={at} dy="0.32em" textAnchor="end">
            {text}
          </text>
        </g>
      ))}
      {columns.map(({ at, text }) => (
        <g key={text}>
          <line className="viz-grid" x1={at} x2={at} y1={field.bottom} y2={field.bottom + 4} />
          <text className="viz-tick" x={at} y={field.bottom + 15} textAnchor="middle">
            {text}
          </text>
        </g>
      ))}
      <text className="viz-axis-title" x={(field.left + field.right) / 2} y={field.bottom + 30} textAnchor="middle">
        {axis.title}
      </text>
      {small ? null : (
        <text
          className="viz-axis-title"
          transform={`translate(11 ${(field.top + field.bottom) / 2}) rotate(-90)`}
          textAnchor="middle"
        >
          Accuracy, %
        </text>
      )}
    </g>
  )
}

function Front({ layout, front }: { layout: ScalingLayout; front: readonly string[] }) {
  const places = new Map(layout.lines.flatMap(({ points }) => points.map((point) => [point.id, point])))
  const path = line<PlacedPoint>(
    (point) => point.left,
    (point) => point.top,
  )(front.flatMap((id) => places.get(id) ?? []))
  if (!path) return null
  const { left, top } = layout.field
  return (
    <g {...UNREAD}>
      <path className="viz-front" d={path} />
      <path className="viz-front" d={`M${left + 12} ${top + 8}h22`} />
      <text className="viz-axis-title" x={left + 44} y={top + 8} dy="0.34em">
        Pareto front
      </text>
    </g>
  )
}

function Line({ line: { points, style, ceiling = false }, dimmed }: { line: PlacedLine; dimmed: boolean }) {
  const path = line<PlacedPoint>(
    (point) => point.left,
    (point) => point.top,
  )
  const band = area<PlacedPoint>(
    (point) => point.left,
    (point) => point.bandBottom,
    (point) => point.bandTop,
  )
  return (
    <g className="viz-style" data-style={style % LINE_COLORS} data-ceiling={ceiling} data-dimmed={dimmed} {...UNREAD}>
      {ceiling ? null : <path className="viz-band" d={band(points) ?? ''} />}
      <path className="viz-line" d={path(points) ?? ''} />
    </g>
  )
}

function Label({ label: { line: named, rows, left, top, from } }: { label: PlacedLabel }) {
  const first = top - ((rows.length - 1) * LABEL_ROW) / 2
  return (
    <g className="viz-style" data-style={named.style % LINE_COLORS} {...UNREAD}>
      <path className="viz-leader" d={`M${from[0] + 7} ${from[1]}L${left - 4} ${top}`} />
      {rows.map((row, index) => (
        <text key={row} className="viz-line-name" x={left} y={first + index * LABEL_ROW} dy="0.34em">
          {row}
        </text>
      ))}
    </g>
  )
}

interface MarkProps {
  readonly ref: Ref<SVGGElement>
  readonly line: PlacedLine
  readonly point: PlacedPoint
  /** The one that Tab comes to. */
  readonly stop: boolean
  readonly chosen: boolean
  readonly onChoose: (event: MouseEvent) => void
  readonly onKey: (event: KeyboardEvent) => void
  readonly onRead: (reading: boolean) => void
  readonly onFocus: () => void
}

function Mark({ ref, line: own, point, stop, chosen, onChoose, onKey, onRead, onFocus }: MarkProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a point of an SVG picture cannot be a button element
    <g
      ref={ref}
      className="viz-point"
      role="button"
      aria-label={`${own.title}, ${point.words}`}
      aria-pressed={chosen}
      tabIndex={stop ? 0 : -1}
      transform={`translate(${point.left} ${point.top})`}
      onClick={onChoose}
      onKeyDown={onKey}
      onPointerEnter={() => onRead(true)}
      onPointerLeave={() => onRead(false)}
      onFocus={onFocus}
      onBlur={() => onRead(false)}
    >
      <circle className="viz-hit" r={12} />
      <line className="viz-whisker" y1={point.bandTop - point.top} y2={point.bandBottom - point.top} />
      {chosen ? <circle className="viz-chosen" r={8.5} /> : null}
      <LineMarker style={own.style} />
    </g>
  )
}

function Legend(props: { lines: readonly PlacedLine[]; columns: number; width: number; top: number }) {
  const { lines, columns, width, top } = props
  const each = width / columns
  return (
    <g {...UNREAD}>
      {lines.map(({ id, title, style, letter, ceiling = false }, index) => (
        <g
          key={id}
          className="viz-style"
          data-style={style % LINE_COLORS}
          data-ceiling={ceiling}
          transform={`translate(${(index % columns) * each + 8} ${top + Math.floor(index / columns) * LEGEND_ROW + 9})`}
        >
          <text className="viz-line-name" dy="0.34em">
            {letter}
          </text>
          <line className="viz-line" x1={20} x2={48} />
          <g transform="translate(34 0)">
            <LineMarker style={style} />
          </g>
          <text className="viz-legend-name" x={56} dy="0.34em">
            {clipped(title, Math.floor((each - 70) / 5.8))}
          </text>
        </g>
      ))}
    </g>
  )
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

function Tip({ line: { title }, point, width }: { line: PlacedLine; point: PlacedPoint; width: number }) {
  // Above the point, or below it where the picture ends; to the side that has room.
  const below = point.top < 90
  return (
    <div
      className="viz-point-tip"
      aria-hidden="true"
      style={{
        top: point.top + (below ? 14 : -14),
        left: point.left,
        translate: `${-100 * Math.min(1, Math.max(0, point.left / width))}% ${below ? '0' : '-100%'}`,
      }}
    >
      <strong>{title}</strong>
      <span>{point.words}</span>
    </div>
  )
}
