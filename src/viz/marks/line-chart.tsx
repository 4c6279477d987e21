import { line, scaleLinear } from 'd3'
import type { PointerEvent, Ref } from 'react'
import { useId, useMemo } from 'react'
import { formatMetric } from '../layout/format-metric.ts'
import type { IntervalPoint, SeriesKind, SeriesPoint } from '../layout/metric-series.ts'
import { axisOf, decimated, nearestPoint, smoothed } from '../layout/metric-series.ts'
import { spreadLabels } from '../layout/spread-labels.ts'
import './marks.css'

export interface ChartSeries {
  readonly name: string
  /** Ascending in x. */
  readonly points: readonly SeriesPoint[]
  /** Few points far apart: drawn as dots, and never smoothed. */
  readonly sparse?: boolean
  /** 95 % intervals of its points. */
  readonly intervals?: readonly IntervalPoint[]
}

export interface LineChartProps {
  readonly ref?: Ref<SVGSVGElement>
  readonly title: string
  /** At most three: each has a stroke of its own. */
  readonly series: readonly ChartSeries[]
  /** Of the values: what is set is never smoothed. */
  readonly kind?: SeriesKind
  /** First and last step. */
  readonly domain: readonly [number, number]
  /** Weight of the moving average, from 0 to below 1. */
  readonly smoothing: number
  /** The step that is read, in all charts at once. */
  readonly at: number | null
  readonly onAt: (step: number | null) => void
  readonly width: number
  readonly height?: number
}

const MARGIN = { top: 8, bottom: 16, left: 44 }

/** One small chart of a metric over steps: as it was, thin, and smoothed; series named at their ends. */
export function LineChart(props: LineChartProps) {
  const { ref, title, series, kind = 'measured', domain, smoothing, at, onAt, width, height = 128 } = props
  const clip = useId()
  const named = series.length > 1
  const right = named ? 58 : 10
  const buckets = Math.max(20, Math.round(width / 2))
  const drawn = useMemo(
    () =>
      series.map(({ name, points, intervals = [], sparse = false }) => ({
        name,
        points,
        sparse,
        intervals,
        raw: decimated(points, buckets),
        mean: sparse || kind === 'set' || smoothing === 0 ? null : decimated(smoothed(points, smoothing), buckets),
      })),
    [series, kind, smoothing, buckets],
  )
  const bounds = drawn.flatMap(({ intervals }) =>
    intervals.flatMap(({ x, low, high }) => [low, high].map((y) => ({ x, y }))),
  )
  const extent = axisOf([...drawn.map(({ raw }) => raw), bounds], kind)
  if (!extent) return null
  const x = scaleLinear([domain[0], Math.max(domain[1], domain[0] + 1)], [MARGIN.left, width - right])
  const y = scaleLinear(extent, [height - MARGIN.bottom, MARGIN.top]).nice(3)
  const path = line<SeriesPoint>(
    (point) => x(point.x),
    (point) => y(point.y),
  )
  const read = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const step = Math.round(x.invert(((event.clientX - box.left) * width) / box.width))
    onAt(Math.min(domain[1], Math.max(domain[0], step)))
  }
  const ends = spreadLabels(
    drawn.map(({ points, mean }) => y((mean ?? points).at(-1)?.y ?? extent[0])),
    drawn.map(() => 11),
    [0, height - 8],
  )
  return (
    <svg
      ref={ref ?? null}
      className="viz-chart"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`${title}: ${series.map((one) => describe(one, named)).join('; ')}`}
      onPointerMove={read}
      onPointerLeave={() => onAt(null)}
    >
      <clipPath id={clip}>
        <rect x={MARGIN.left} y={0} width={Math.max(0, width - right - MARGIN.left + 2)} height={height} />
      </clipPath>
      {y.ticks(3).map((tick) => (
        <g key={tick}>
          <line className="viz-grid" x1={MARGIN.left} x2={width - right} y1={y(tick)} y2={y(tick)} />
          <text className="viz-tick" x={MARGIN.left - 5} y={y(tick)} dy="0.32em" textAnchor="end">
            {formatMetric(tick)}
          </text>
        </g>
      ))}
      <text className="viz-tick" x={MARGIN.left} y={height - 3}>
        {domain[0]}
      </text>
      <text className="viz-tick" x={width - right} y={height - 3} textAnchor="end">
        {domain[1]}
      </text>
      {drawn.map(({ name, raw, mean, sparse, intervals }, index) => (
        <g key={name} className="viz-series" data-series={index} clipPath={`url(#${clip})`}>
          {mean ? <path className="viz-raw" d={path(raw) ?? ''} /> : null}
          <path className="viz-mean" d={path(mean ?? raw) ?? ''} />
          {intervals.map(({ x: step, low, high }) => (
            <line key={step} className="viz-interval" x1={x(step)} x2={x(step)} y1={y(low)} y2={y(high)} />
          ))}
          {sparse || raw.length === 1
            ? raw.map((point) => <circle key={point.x} className="viz-dot" cx={x(point.x)} cy={y(point.y)} r={2.2} />)
            : null}
        </g>
      ))}
      {named
        ? drawn.map(({ name }, index) => (
            <text
              key={name}
              className="viz-series-name"
              data-series={index}
              x={width - right + 5}
              y={ends[index]}
              dy="0.32em"
            >
              {name}
            </text>
          ))
        : null}
      {at === null ? null : (
        <g className="viz-cursor">
          <line x1={x(at)} x2={x(at)} y1={MARGIN.top - 4} y2={height - MARGIN.bottom} />
          {drawn.map(({ name, points }) => {
            const point = nearestPoint(points, at)
            return point ? <circle key={name} cx={x(point.x)} cy={y(point.y)} r={3} /> : null
          })}
        </g>
      )}
    </svg>
  )
}

function describe({ name, points, intervals }: ChartSeries, named: boolean): string {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return 'no values'
  const interval = intervals?.find(({ x }) => x === last.x)
  const within = interval ? ` (95 % interval ${formatMetric(interval.low)} to ${formatMetric(interval.high)})` : ''
  const low = points.reduce((lowest, { y }) => Math.min(lowest, y), first.y)
  const high = points.reduce((highest, { y }) => Math.max(highest, y), first.y)
  return `${named ? `${name} ` : ''}${formatMetric(last.y)}${within} at step ${last.x}, from ${formatMetric(first.y)} at step ${first.x}, between ${formatMetric(low)} and ${formatMetric(high)}`
}
