import { Why } from '../../ui/why.tsx'
import { formatBytes } from '../../viz/layout/format-number.ts'
import type { ByteRow } from './engine-figures.ts'
import styles from './engine-panel.module.css'

/** Live bytes by purpose: a bar to see the shares, a table with the same as numbers. */
export function ByteBar({ rows, total }: { rows: readonly ByteRow[]; total: number }) {
  return (
    <>
      <div className={styles.bar} aria-hidden="true">
        {rows
          .filter((row) => row.total > 0)
          .map((row, index) => (
            <span
              key={row.purpose}
              className={styles.segment}
              data-tone={index % 6}
              style={{ flexGrow: row.total }}
              title={`${row.purpose}: ${formatBytes(row.total)}`}
            />
          ))}
      </div>
      <table className={styles.table} aria-label="Bytes by purpose">
        <thead>
          <tr>
            <th scope="col">Purpose</th>
            <th scope="col">Policy</th>
            <th scope="col">PRM</th>
            <th scope="col">Both</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={row.purpose}>
              <th scope="row">
                <span className={styles.swatch} data-tone={index % 6} aria-hidden="true" />
                <Why answer={row.meaning}>{row.purpose}</Why>
              </th>
              <td>{formatBytes(row.policy)}</td>
              <td>{formatBytes(row.reward)}</td>
              <td>{formatBytes(row.total)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">In all</th>
            <td>{formatBytes(rows.reduce((sum, { policy }) => sum + policy, 0))}</td>
            <td>{formatBytes(rows.reduce((sum, { reward }) => sum + reward, 0))}</td>
            <td>{formatBytes(total)}</td>
          </tr>
        </tfoot>
      </table>
    </>
  )
}
