import { line, scaleLinear } from 'd3'
import type { PointerEvent } from 'react'
import { useRef } from 'react'
import { formatPercent } from '../layout/format-number.ts'
import './marks.css'
import './reward-pictures.css'
import { useWidth } from './use-width.ts'

/** Shares at one threshold; null where there are none of these traces. */
export interface ThresholdMark {
  readonly threshold: number
  readonly error: number | null
  readonly correct: number | null
  readonly f1: number | null
}

interface ThresholdChartProps {
  /** What is drawn, for screen readers. */
  readonly title: string
  /** Ascending, from 0 to 1. */
  readonly points: readonly ThresholdMark[]
  /** Where the slider stands. */
  readonly threshold: number
  readonly at: ThresholdMark
  readonly onChange: (threshold: number) => void
  readonly height?: number
}

const MARGIN = { top: 10, right: 12, bottom: 18, left: 30 }
const CURVES = [
  { key: 'f1', name: 'F1' },
  { key: 'error', name: 'wrong traces' },
  { key: 'correct', name: 'right traces' },
] as const

/** Accuracies of the first wrong step and their F1 over all thresholds; a press moves the threshold. */
export function ThresholdChart({ title, points, threshold, at, onChange, height = 200 }: ThresholdChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const x = scaleLinear([0, 1], [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)])
  const y = scaleLinear([0, 1], [height - MARGIN.bottom, MARGIN.top])
  const move = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons % 2 === 0) return
    const box = event.currentTarget.getBoundingClientRect()
    const value = x.invert(event.clientX - box.left)
    onChange(Math.min(1, Math.max(0, Math.round(value * 100) / 100)))
  }
  const words = CURVES.map(({ key, name }) => `${name} ${at[key] === null ? 'not known' : formatPercent(at[key])}`)
  return (
    <div ref={host} className="viz-fill">
      {width > 0 ? (
        <svg
          className="viz-chart viz-pressed"
          width={width}
          height={height}
          role="img"
          aria-label={`${title}. At threshold ${threshold.toFixed(2)}: ${words.join(', ')}`}
          onPointerDown={move}
          onPointerMove={move}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
            <g key={tick}>
              <line className="viz-grid" x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
              <text className="viz-tick" x={MARGIN.left - 5} y={y(tick)} dy="0.32em" textAnchor="end">
                {tick * 100}
              </text>
              <text className="viz-tick" x={x(tick)} y={height - 4} textAnchor={tick === 1 ? 'end' : 'middle'}>
                {tick}
              </text>
            </g>
          ))}
          {CURVES.map(({ key }, index) => (
            <g key={key} className="viz-series" data-series={index}>
              <path
                className="viz-mean"
                d={
                  line<ThresholdMark>(
                    (point) => x(point.threshold),
                    (point) => y(point[key] ?? 0),
                  ).defined((point) => point[key] !== null)(points) ?? ''
                }
              />
            </g>
          ))}
          <g className="viz-cursor">
            <line x1={x(threshold)} x2={x(threshold)} y1={MARGIN.top - 6} y2={height - MARGIN.bottom} />
            {CURVES.map(({ key }) => {
              const value = at[key]
              return value === null ? null : <circle key={key} cx={x(threshold)} cy={y(value)} r={3} />
            })}
          </g>
        </svg>
      ) : null}
      <ul className="viz-legend">
        {CURVES.map(({ key, name }, index) => (
          <li key={key}>
            <svg width={22} height={8} aria-hidden="true" className="viz-series" data-series={index}>
              <path className="viz-mean" d="M0,4 L22,4" />
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </div>
  )
}
