import { formatMetric } from '../../viz/layout/format-metric.ts'
import type { MetricChart } from './metric-charts.ts'
import styles from './metric-grid.module.css'

/** Rows that are shown; the CSV has them all. */
const ROWS = 200

/** The charts' values by step, newest first; of a long run evenly spaced steps. */
export function MetricTable({ charts }: { charts: readonly MetricChart[] }) {
  const columns = charts.flatMap(({ title, series }) =>
    series.map(({ name, points }) => ({
      name: series.length > 1 ? `${title}, ${name}` : title,
      values: new Map(points.map(({ x, y }) => [x, y])),
    })),
  )
  const steps = [...new Set(columns.flatMap(({ values }) => [...values.keys()]))].sort((a, b) => b - a)
  const every = Math.ceil(steps.length / ROWS)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <section className={styles.table} aria-label="Metrics by step" tabIndex={0}>
      <table>
        <caption className={styles.caption}>
          {every > 1 ? `Every ${every}th of ${steps.length} steps; the CSV has all.` : `${steps.length} steps.`}
        </caption>
        <thead>
          <tr>
            <th scope="col">step</th>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps
            .filter((_, index) => index % every === 0)
            .map((step) => (
              <tr key={step}>
                <th scope="row">{step}</th>
                {columns.map(({ name, values }) => {
                  const value = values.get(step)
                  return <td key={name}>{value === undefined ? '' : formatMetric(value)}</td>
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}
