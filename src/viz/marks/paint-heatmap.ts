import { inkOn, scoreLevel, scoreRamp } from '../layout/color-scale.ts'
import type { HeatmapWindow } from '../layout/heatmap-layout.ts'
import { HEATMAP } from '../layout/heatmap-layout.ts'
import type { VizTheme } from './theme.ts'

/** Rows of numbers from 0 to 1. */
export interface HeatmapRows {
  readonly count: number
  /** Of the longest row. */
  readonly columns: number
  readonly name: (row: number) => string
  readonly length: (row: number) => number
  /** NaN where there is none. */
  readonly value: (row: number, column: number) => number
  /** A column that is marked with a cross; what lies behind it is drawn faint. −1: none, −2: not known. */
  readonly mark: (row: number) => number
}

/** Draws what is in view. @param scroll of the view over the whole picture */
export function paintHeatmap(
  context: CanvasRenderingContext2D,
  rows: HeatmapRows,
  window: HeatmapWindow,
  scroll: { readonly left: number; readonly top: number },
  view: { readonly width: number; readonly height: number },
  theme: VizTheme,
  active: number | null,
): void {
  const { row: height, cell, gap, head, names } = HEATMAP
  const ramp = scoreRamp(theme.scheme)
  const marks: [x: number, y: number, color: string][] = []
  context.fillStyle = theme.background
  context.fillRect(0, 0, view.width, view.height)
  context.textBaseline = 'middle'

  context.save()
  context.beginPath()
  context.rect(names, head, view.width - names, view.height - head)
  context.clip()
  for (let row = window.firstRow; row < window.lastRow; row++) {
    const y = head + row * height - scroll.top
    const [mark, length] = [rows.mark(row), rows.length(row)]
    const end = Math.min(length, window.lastColumn)
    for (let column = window.firstColumn; column < end; column++) {
      const value = rows.value(row, column)
      const x = names + column * cell - scroll.left
      const known = !Number.isNaN(value)
      const color = known ? (ramp[scoreLevel(value)] as string) : theme.line
      context.globalAlpha = mark >= 0 && column > mark ? 0.3 : known ? 1 : 0.45
      context.fillStyle = color
      context.fillRect(x, y, cell - gap, height - gap)
      if (column === mark) marks.push([x, y, known ? inkOn(color) : theme.text])
    }
  }
  context.globalAlpha = 1
  for (const [x, y, color] of marks) paintCross(context, x, y, color)
  context.restore()

  context.font = `10px ${theme.mono}`
  context.save()
  context.beginPath()
  context.rect(0, head, names, view.height - head)
  context.clip()
  for (let row = window.firstRow; row < window.lastRow; row++) {
    const y = head + row * height - scroll.top
    context.fillStyle = row === active ? theme.text : theme.muted
    context.fillText(rows.name(row), 4, y + height / 2, names - 10)
  }
  context.restore()

  context.fillStyle = theme.muted
  context.textAlign = 'center'
  for (let column = window.firstColumn; column < window.lastColumn; column++) {
    const x = names + column * cell - scroll.left + cell / 2
    if (x > names && (column + 1 === 1 || (column + 1) % 5 === 0)) context.fillText(`${column + 1}`, x, head / 2)
  }
  context.textAlign = 'left'
  context.fillText('step', 4, head / 2)

  if (active === null) return
  const y = head + active * height - scroll.top
  if (y < head - height || y > view.height) return
  context.save()
  context.beginPath()
  context.rect(0, head, view.width, view.height - head)
  context.clip()
  context.strokeStyle = theme.focus
  context.lineWidth = 2
  context.strokeRect(1, y - 1, view.width - 2, height)
  context.restore()
}

function paintCross(context: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  const { row, cell, gap } = HEATMAP
  const [width, height] = [cell - gap, row - gap]
  const [left, right, top, bottom] = [x + width / 2 - 4, x + width / 2 + 4, y + height / 2 - 4, y + height / 2 + 4]
  context.strokeStyle = color
  context.lineWidth = 1.8
  context.beginPath()
  context.moveTo(left, top)
  context.lineTo(right, bottom)
  context.moveTo(right, top)
  context.lineTo(left, bottom)
  context.stroke()
}
