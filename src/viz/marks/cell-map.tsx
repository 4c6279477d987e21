import type { KeyboardEvent, Ref } from 'react'
import { useId, useRef, useState } from 'react'
import type { CellMapLayout } from '../layout/cell-map.ts'
import { cellMapLayout, neighbourCell } from '../layout/cell-map.ts'
import { LINE_COLORS, LineMarker } from './line-mark.tsx'
import './scaling.css'
import { useWidth } from './use-width.ts'

export interface MapCellView {
  readonly id: string
  /** Markers of lines in it, the best first, by their style. */
  readonly styles: readonly number[]
  /** A short text, as `63 %`. */
  readonly text: string
  /** Grey of its ground, from 0 to 1. */
  readonly shade?: number
  /** Nothing tells its lines apart: hatched. */
  readonly undecided?: boolean
  /** All of it for a person, with the names of row and column. */
  readonly words: string
}

export interface CellMapProps {
  readonly ref?: Ref<SVGSVGElement>
  readonly title: string
  readonly rowTitles: readonly string[]
  readonly columnTitles: readonly string[]
  readonly columnsTitle: string
  /** Null: nothing was measured. */
  readonly cells: readonly (readonly (MapCellView | null)[])[]
  readonly selected?: readonly string[]
  readonly onSelect?: (id: string, extend: boolean) => void
  readonly stale?: boolean
  /** In pixels; by default the room there is. */
  readonly width?: number
}

/** The lines and words around the cells are theirs, too. */
const UNREAD = { 'aria-hidden': true } as const
const MARKER_STEP = 15

/** A map of cells, such as the best strategy by difficulty and budget. One tab stop; arrow keys go from cell to cell. */
export function CellMap(props: CellMapProps) {
  const { ref, title, rowTitles, columnTitles, columnsTitle, cells, selected = [], onSelect, stale = false } = props
  const host = useRef<HTMLDivElement>(null)
  const room = useWidth(host)
  const width = props.width ?? room
  const hatch = useId()
  const [at, setAt] = useState<readonly [number, number]>([0, 0])
  const [read, setRead] = useState<MapCellView | null>(null)
  const elements = useRef(new Map<string, SVGGElement>())
  const layout = cellMapLayout(rowTitles, columnTitles.length, width)
  const size = [rowTitles.length, columnTitles.length] as const
  const stop = at[0] < size[0] && at[1] < size[1] ? at : ([0, 0] as const)
  const go = (event: KeyboardEvent, place: readonly [number, number], cell: MapCellView | null) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      if (cell) onSelect?.(cell.id, event.shiftKey || event.ctrlKey || event.metaKey)
      return
    }
    const next = neighbourCell(place, event.key, size)
    if (next === null) return
    event.preventDefault()
    setAt(next)
    elements.current.get(next.join())?.focus()
  }
  return (
    <div className="viz-scaling" data-stale={stale} ref={host}>
      {width > 0 && size[0] > 0 && size[1] > 0 ? (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be in an SVG
        <svg
          ref={ref ?? null}
          className="viz-scaling-picture"
          viewBox={`0 0 ${width} ${layout.height}`}
          width={width}
          height={layout.height}
          role="group"
          aria-label={`${title}: ${size[0]} rows, ${size[1]} columns by ${columnsTitle}`}
        >
          <pattern id={hatch} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line className="viz-hatch" x1={0} x2={0} y1={0} y2={6} />
          </pattern>
          <Titles layout={layout} {...{ rowTitles, columnTitles, columnsTitle }} />
          {cells.flatMap((row, rowIndex) =>
            row.map((cell, column) => {
              const place = [rowIndex, column] as const
              const where = `${rowTitles[rowIndex]}, ${columnTitles[column]}`
              return (
                // biome-ignore lint/a11y/useSemanticElements: a cell of an SVG picture cannot be a button element
                <g
                  key={where}
                  ref={(element) => {
                    if (element) elements.current.set(place.join(), element)
                    else elements.current.delete(place.join())
                  }}
                  className="viz-cell"
                  role="button"
                  aria-label={`${where}: ${cell?.words ?? 'not measured'}`}
                  aria-pressed={cell !== null && selected.includes(cell.id)}
                  aria-disabled={cell === null}
                  tabIndex={stop[0] === rowIndex && stop[1] === column ? 0 : -1}
                  transform={`translate(${layout.left + column * layout.cell.width} ${layout.top + rowIndex * layout.cell.height})`}
                  onClick={(event) => {
                    if (cell) onSelect?.(cell.id, event.shiftKey || event.ctrlKey || event.metaKey)
                  }}
                  onKeyDown={(event) => go(event, place, cell)}
                  onPointerEnter={() => setRead(cell)}
                  onPointerLeave={() => setRead(null)}
                  onFocus={() => {
                    setAt(place)
                    setRead(cell)
                  }}
                  onBlur={() => setRead(null)}
                >
                  <Cell cell={cell} layout={layout} hatch={hatch} />
                </g>
              )
            }),
          )}
        </svg>
      ) : null}
      <p className="viz-map-words" aria-hidden="true">
        {read?.words ?? '\u00a0'}
      </p>
    </div>
  )
}

function Cell({ cell, layout, hatch }: { cell: MapCellView | null; layout: CellMapLayout; hatch: string }) {
  const { width, height } = layout.cell
  const box = { x: 1, y: 1, width: width - 2, height: height - 2 }
  if (cell === null) {
    return (
      <>
        <rect className="viz-cell-ground" {...box} />
        <text className="viz-cell-note" x={width / 2} y={height / 2} dy="0.34em" textAnchor="middle">
          –
        </text>
        <rect className="viz-cell-ring" {...box} />
      </>
    )
  }
  const { styles, text, shade, undecided } = cell
  const most = Math.max(1, Math.floor((width - 6) / MARKER_STEP))
  const shown = styles.slice(0, most)
  const first = width / 2 - ((shown.length - 1) * MARKER_STEP) / 2
  return (
    <>
      <rect className="viz-cell-ground" {...box} />
      {shade === undefined ? null : <rect className="viz-cell-shade" {...box} opacity={0.04 + 0.3 * shade} />}
      {undecided ? <rect {...box} fill={`url(#${hatch})`} /> : null}
      {shown.map((style, index) => (
        <g
          key={style}
          className="viz-style"
          data-style={style % LINE_COLORS}
          transform={`translate(${first + index * MARKER_STEP} ${layout.texts ? 14 : 16})`}
        >
          <LineMarker style={style} size={index === 0 ? 64 : 34} />
        </g>
      ))}
      <text
        className="viz-cell-text"
        x={width / 2}
        y={styles.length === 0 ? height / 2 : 33}
        dy="0.34em"
        textAnchor="middle"
      >
        {layout.texts ? text : text.replace(/[\s\u202f]*%$/, '')}
      </text>
      <rect className="viz-cell-ring" {...box} />
    </>
  )
}

function Titles(props: {
  layout: CellMapLayout
  rowTitles: readonly string[]
  columnTitles: readonly string[]
  columnsTitle: string
}) {
  const { layout, rowTitles, columnTitles, columnsTitle } = props
  const { left, top, cell } = layout
  const bottom = top + rowTitles.length * cell.height
  const letters = Math.floor((left - 8) / 5.6)
  const every = Math.ceil(58 / cell.width)
  return (
    <g {...UNREAD}>
      {rowTitles.map((title, index) => (
        <text
          key={title}
          className="viz-legend-name"
          x={left - 7}
          y={top + (index + 0.5) * cell.height}
          dy="0.34em"
          textAnchor="end"
        >
          {title.length <= letters ? title : `${title.slice(0, letters - 1)}…`}
        </text>
      ))}
      {columnTitles.map((title, index) =>
        index % every === 0 ? (
          <text
            key={title}
            className="viz-tick"
            x={left + (index + 0.5) * cell.width}
            y={bottom + 14}
            textAnchor="middle"
          >
            {title}
          </text>
        ) : null,
      )}
      <text
        className="viz-axis-title"
        x={left + (columnTitles.length * cell.width) / 2}
        y={bottom + 31}
        textAnchor="middle"
      >
        {columnsTitle}
      </text>
    </g>
  )
}
