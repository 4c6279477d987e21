import { scaleLinear } from 'd3'
import { useRef } from 'react'
import { formatNumber, formatPercent } from '../layout/format-number.ts'
import './marks.css'
import './reward-pictures.css'
import { useWidth } from './use-width.ts'

/** Scores of one interval beside what became of them. */
export interface ReliabilityMark {
  readonly low: number
  readonly high: number
  readonly count: number
  /** Mean score and mean label; not numbers where the interval is empty. */
  readonly score: number
  readonly label: number
  /** 95 % interval of the mean label. */
  readonly interval: readonly [low: number, high: number]
}

interface ReliabilityChartProps {
  readonly title: string
  readonly bins: readonly ReliabilityMark[]
  readonly height?: number
}

const MARGIN = { top: 8, right: 10, bottom: 30, left: 30 }
/** Room for the counts below the diagram. */
const COUNTS = 34

/** Mean label over mean score, with the diagonal that a calibrated model lies on, and how many scores each interval has. */
export function ReliabilityChart({ title, bins, height = 230 }: ReliabilityChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const width = Math.min(useWidth(host), 360)
  const x = scaleLinear([0, 1], [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)])
  const y = scaleLinear([0, 1], [height - MARGIN.bottom - COUNTS, MARGIN.top])
  const most = bins.reduce((largest, { count }) => Math.max(largest, count), 1)
  const filled = bins.filter(({ count }) => count > 0)
  const words = filled.map(
    ({ score, label, count }) => `score ${score.toFixed(2)}: ${formatPercent(label)} right of ${count}`,
  )
  const floor = height - MARGIN.bottom
  return (
    <div ref={host} className="viz-fill">
      {width > 0 ? (
        <svg
          className="viz-chart"
          width={width}
          height={height}
          role="img"
          aria-label={`${title}: ${words.join('; ')}`}
        >
          {[0, 0.5, 1].map((tick) => (
            <g key={tick}>
              <line className="viz-grid" x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
              <text className="viz-tick" x={MARGIN.left - 5} y={y(tick)} dy="0.32em" textAnchor="end">
                {tick * 100}
              </text>
              <text className="viz-tick" x={x(tick)} y={height - 17} textAnchor={tick === 1 ? 'end' : 'middle'}>
                {tick}
              </text>
            </g>
          ))}
          <line className="viz-diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
          {filled.map(({ low, high, count, score, label, interval }) => (
            <g key={low} className="viz-series" data-series={0}>
              <line className="viz-interval" x1={x(score)} x2={x(score)} y1={y(interval[0])} y2={y(interval[1])} />
              <circle className="viz-dot" cx={x(score)} cy={y(label)} r={3} />
              <rect
                className="viz-bar"
                x={x(low) + 0.5}
                width={Math.max(1, x(high) - x(low) - 1)}
                y={floor - (count / most) * (COUNTS - 8)}
                height={(count / most) * (COUNTS - 8)}
              >
                <title>{`${formatNumber(count)} scores from ${low} to ${high}`}</title>
              </rect>
            </g>
          ))}
          <text className="viz-tick" x={x(0.5)} y={height - 4} textAnchor="middle">
            score; below, how many
          </text>
        </svg>
      ) : null}
    </div>
  )
}
