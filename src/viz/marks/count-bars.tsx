import { scaleLinear } from 'd3'
import { useRef } from 'react'
import './marks.css'
import './reward-pictures.css'
import { useWidth } from './use-width.ts'

interface CountBarsProps {
  readonly title: string
  readonly bars: readonly { readonly name: string; readonly count: number }[]
  /** Below the first bar and the last one. */
  readonly ends: readonly [string, string]
  readonly height?: number
}

/** Counts as bars, side by side. */
export function CountBars({ title, bars, ends, height = 110 }: CountBarsProps) {
  const host = useRef<HTMLDivElement>(null)
  const width = Math.min(useWidth(host), 420)
  const most = bars.reduce((largest, { count }) => Math.max(largest, count), 1)
  const y = scaleLinear([0, most], [height - 18, 14])
  const each = width / Math.max(1, bars.length)
  return (
    <div ref={host} className="viz-fill">
      {width > 0 ? (
        <svg
          className="viz-chart"
          width={width}
          height={height}
          role="img"
          aria-label={`${title}: ${bars.map(({ name, count }) => `${name} ${count}`).join(', ')}`}
        >
          {bars.map(({ name, count }, index) => (
            <g key={name}>
              <rect
                className="viz-count"
                x={index * each + 1}
                width={Math.max(1, each - 2)}
                y={y(count)}
                height={height - 18 - y(count)}
              />
              <text className="viz-tick" x={(index + 0.5) * each} y={y(count) - 3} textAnchor="middle">
                {count}
              </text>
            </g>
          ))}
          <text className="viz-tick" x={0} y={height - 4}>
            {ends[0]}
          </text>
          <text className="viz-tick" x={width} y={height - 4} textAnchor="end">
            {ends[1]}
          </text>
        </svg>
      ) : null}
    </div>
  )
}
