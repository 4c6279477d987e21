import { letterOf } from '../layout/scaling-layout.ts'
import { LineSample } from './line-mark.tsx'
import './scaling.css'

/** A line as legends name it. */
export interface LegendLine {
  readonly id: string
  readonly title: string
  readonly style: number
  readonly ceiling?: boolean
}

/** Names of the lines of several pictures, with the letters that stand in them, or of the markers of a map. */
export function LineLegend(props: { lines: readonly LegendLine[]; label: string; letters?: boolean }) {
  const { lines, label, letters = false } = props
  return (
    <ul className="viz-line-legend" aria-label={label}>
      {lines.map(({ id, title, style, ceiling = false }) => (
        <li key={id}>
          {letters ? <b>{letterOf(style)}</b> : null}
          <LineSample style={style} ceiling={ceiling} />
          {title}
        </li>
      ))}
    </ul>
  )
}
