import { curveMonotoneX, line } from 'd3'
import { useRef } from 'react'
import { plainText } from '../../core/outside-text.ts'
import type { NodeId } from '../../search/events.ts'
import { scoreColor } from '../layout/color-scale.ts'
import { formatScore } from '../layout/format-number.ts'
import { useVizTheme } from './theme.ts'
import './marks.css'

export interface SparklinePoint {
  readonly node: NodeId
  /** Shown as the point's title. */
  readonly step: string
  readonly score: number | null
}

export interface ScoreSparklineProps {
  /** The path's steps, first step first. */
  readonly points: readonly SparklinePoint[]
  readonly selected?: NodeId | null
  readonly onSelect?: (node: NodeId) => void
  readonly width?: number
  readonly height?: number
}

const MARGIN = { top: 6, right: 8, bottom: 6, left: 26 }

/** Steps that are read out; more would be endless. */
const SPOKEN = 50
/** Where there are more points than pixels the line alone is drawn, with the selected one. */
const POINTS = 260

/** Scores along a path, on a fixed scale from 0 to 1, so that two sparklines compare. */
export function ScoreSparkline({ points, selected = null, onSelect, width = 260, height = 64 }: ScoreSparklineProps) {
  const host = useRef<SVGSVGElement>(null)
  const { scheme } = useVizTheme(host)
  const x = (index: number) =>
    MARGIN.left + ((width - MARGIN.left - MARGIN.right) * (index + 0.5)) / Math.max(1, points.length)
  const y = (score: number) => MARGIN.top + (height - MARGIN.top - MARGIN.bottom) * (1 - score)
  const scored = points.flatMap(({ score, node, step }, index) =>
    score === null ? [] : [{ index, score, node, step }],
  )
  const path = line<{ index: number; score: number }>(
    (point) => x(point.index),
    (point) => y(point.score),
  ).curve(curveMonotoneX)(scored)
  const last = points.slice(-SPOKEN)
  const words = last.map(({ step, score }) => `${plainText(step.trim(), 80)} ${formatScore(score)}`).join('; ')
  const which = last.length < points.length ? `the last ${last.length} of ${points.length} steps: ` : ''
  const drawn = scored.length > POINTS ? scored.filter(({ node }) => node === selected) : scored
  return (
    <svg
      ref={host}
      className="viz-sparkline"
      width={width}
      height={height}
      role="img"
      aria-label={`Scores along the path: ${which}${words}`}
    >
      {[0, 0.5, 1].map((tick) => (
        <g key={tick}>
          <line className="viz-grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
          <text className="viz-tick" x={MARGIN.left - 6} y={y(tick)} dy="0.32em" textAnchor="end">
            {tick}
          </text>
        </g>
      ))}
      {path !== null && <path className="viz-spark-path" d={path} />}
      {drawn.map(({ index, score, node, step }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the mouse; the path's list has the same by keyboard
        <circle
          key={node}
          cx={x(index)}
          cy={y(score)}
          r={node === selected ? 5 : 3.5}
          className={node === selected ? 'viz-spark-point viz-selected' : 'viz-spark-point'}
          fill={scoreColor(score, scheme)}
          onClick={() => onSelect?.(node)}
        >
          <title>{`${plainText(step.trim())}  ${formatScore(score)}`}</title>
        </circle>
      ))}
    </svg>
  )
}
