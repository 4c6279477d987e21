import { formatPercent } from '../layout/format-number.ts'
import './marks.css'
import './reward-pictures.css'

export interface IntervalRow {
  readonly key: string
  readonly name: string
  readonly share: number
  readonly interval: readonly [low: number, high: number]
  /** A row that others are compared with. */
  readonly quiet?: boolean
}

/** Shares with their 95 % intervals, a row each, on one scale from 0 to 1. */
export function IntervalRows({ caption, rows }: { readonly caption: string; readonly rows: readonly IntervalRow[] }) {
  return (
    <table className="viz-intervals">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">picked by</th>
          <th scope="col">right</th>
          <th scope="col">95 % interval</th>
          <td className="viz-interval-axis">
            <span>0</span>
            <span>100 %</span>
          </td>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, share, interval: [low, high], quiet }) => (
          <tr key={key} data-quiet={quiet || undefined}>
            <th scope="row" className="viz-interval-name">
              {name}
            </th>
            <td>{formatPercent(share)}</td>
            <td>
              {formatPercent(low)} to {formatPercent(high)}
            </td>
            <td className="viz-interval-cell">
              <svg width="100%" height={14} aria-hidden="true">
                <line className="viz-grid" x1="0%" x2="100%" y1={7} y2={7} />
                <line className="viz-interval-line" x1={`${low * 100}%`} x2={`${high * 100}%`} y1={7} y2={7} />
                <circle className="viz-share" cx={`${share * 100}%`} cy={7} r={3.5} />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
