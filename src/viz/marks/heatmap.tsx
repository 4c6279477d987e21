import type { KeyboardEvent } from 'react'
import { useEffect, useId, useRef } from 'react'
import { HEATMAP, heatmapCellAt, heatmapSize, heatmapWindow, scrollToRow } from '../layout/heatmap-layout.ts'
import type { HeatmapRows } from './paint-heatmap.ts'
import { paintHeatmap } from './paint-heatmap.ts'
import { useVizTheme } from './theme.ts'
import './marks.css'

export type { HeatmapRows } from './paint-heatmap.ts'

interface HeatmapProps {
  readonly label: string
  readonly rows: HeatmapRows
  /** The row that keys go from; null where none is chosen. */
  readonly active: number | null
  /** A row in words, for screen readers. */
  readonly describe: (row: number) => string
  readonly onActive: (row: number) => void
  readonly onOpen: (row: number) => void
}

/** Rows of coloured cells, as many as there are: only those in view are drawn. Arrow keys go from row to row, Enter opens one. */
export function Heatmap({ label, rows, active, describe, onActive, onOpen }: HeatmapProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const id = useId()
  const theme = useVizTheme(scroller)
  const { count, columns } = rows
  const size = heatmapSize(count, columns)

  const draw = useRef(() => {})
  draw.current = () => {
    const [host, paper] = [scroller.current, canvas.current]
    const context = paper?.getContext('2d')
    if (!host || !paper || !context) return
    const view = { width: host.clientWidth, height: host.clientHeight }
    const scroll = { left: host.scrollLeft, top: host.scrollTop }
    const ratio = devicePixelRatio || 1
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)]
    if (paper.width !== width || paper.height !== height) {
      paper.width = width
      paper.height = height
      paper.style.width = `${view.width}px`
      paper.style.height = `${view.height}px`
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    paintHeatmap(context, rows, heatmapWindow({ rows: count, columns }, scroll, view), scroll, view, theme, active)
  }
  useEffect(() => draw.current())

  useEffect(() => {
    const host = scroller.current
    if (!host) return
    let frame = 0
    const soon = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => draw.current())
    }
    const observer = new ResizeObserver(soon)
    observer.observe(host)
    host.addEventListener('scroll', soon, { passive: true })
    return () => {
      cancelAnimationFrame(frame)
      observer.disconnect()
      host.removeEventListener('scroll', soon)
    }
  }, [])

  useEffect(() => {
    const host = scroller.current
    if (host && active !== null) host.scrollTop = scrollToRow(active, host.scrollTop, host.clientHeight)
  }, [active])

  const move = (event: KeyboardEvent): void => {
    const host = scroller.current
    const page = Math.max(1, Math.floor(((host?.clientHeight ?? 0) - HEATMAP.head) / HEATMAP.row) - 1)
    const at = active ?? -1
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 }[
      event.key
    ]
    if (event.key === 'Enter' && active !== null) {
      event.preventDefault()
      onOpen(active)
    } else if (to !== undefined && count > 0) {
      event.preventDefault()
      onActive(Math.max(0, Math.min(count - 1, to)))
    }
  }

  const rowAt = (event: { readonly clientX: number; readonly clientY: number }): number | null => {
    const host = scroller.current
    if (!host) return null
    const box = host.getBoundingClientRect()
    const scroll = { left: host.scrollLeft, top: host.scrollTop }
    return heatmapCellAt(count, scroll, { x: event.clientX - box.left, y: event.clientY - box.top })?.row ?? null
  }

  return (
    <div
      ref={scroller}
      className="viz-heatmap"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={active === null ? undefined : `${id}-row`}
      onKeyDown={move}
      onClick={(event) => {
        const row = rowAt(event)
        if (row !== null) onOpen(row)
      }}
    >
      <div role="presentation" style={{ width: size.width, height: size.height }}>
        <canvas ref={canvas} />
      </div>
      {active !== null && active < count ? (
        <div
          id={`${id}-row`}
          className="viz-hidden"
          role="option"
          tabIndex={-1}
          aria-selected="true"
          aria-setsize={count}
          aria-posinset={active + 1}
        >
          {describe(active)}
        </div>
      ) : null}
    </div>
  )
}
