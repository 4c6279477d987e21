import { formatPercent } from '../../viz/layout/format-number.ts'
import styles from './picture.module.css'

interface CountedProps {
  /** Null where there is nothing to count. */
  value: { readonly share: number; readonly interval: readonly [number, number]; readonly count?: number } | null
}

/** A share in a table's cell, with its 95 % interval below and how many it is of. */
export function Counted({ value }: CountedProps) {
  if (value === null) return <td>–</td>
  const { share, interval, count } = value
  return (
    <td>
      {formatPercent(share)}
      <span className={styles.interval}>
        {formatPercent(interval[0]).replace(/\s%$/, '')} to {formatPercent(interval[1])}
        {count === undefined ? '' : ` of ${count}`}
      </span>
    </td>
  )
}
