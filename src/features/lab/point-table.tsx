import { useMemo, useState } from 'react'
import { rateWords } from '../../panels/scaling-view.ts'
import { strategyName } from '../../search/settings.ts'
import type { SweepPoint } from '../../sweep/table.ts'
import { formatNumber } from '../../viz/layout/format-number.ts'
import styles from './lab.module.css'

interface Column {
  readonly name: string
  readonly of: (point: SweepPoint) => number | null
  readonly show: (point: SweepPoint) => string
}

const COLUMNS: readonly Column[] = [
  { name: 'Budget', of: ({ budget }) => budget, show: ({ budget }) => (budget === null ? '–' : String(budget)) },
  {
    name: 'Accuracy (95 %)',
    of: ({ accuracy }) => accuracy?.rate ?? null,
    show: ({ accuracy }) => (accuracy ? rateWords(accuracy) : '–'),
  },
  { name: 'Problems', of: ({ problems }) => problems, show: ({ problems }) => String(problems) },
  {
    name: 'FLOPs',
    of: ({ cost }) => cost?.flops ?? null,
    show: ({ cost }) => (cost ? formatNumber(cost.flops, 'FLOP') : '–'),
  },
  {
    name: 'Tokens',
    of: ({ cost }) => cost?.tokens ?? null,
    show: ({ cost }) => (cost ? formatNumber(Math.round(cost.tokens)) : '–'),
  },
  {
    name: 'Seconds',
    of: ({ cost }) => cost?.seconds ?? null,
    show: ({ cost }) => (cost ? formatNumber(cost.seconds) : '–'),
  },
  { name: 'Failed', of: ({ errors }) => errors, show: ({ errors }) => String(errors) },
]

interface PointTableProps {
  points: readonly SweepPoint[]
  pairTitles: readonly string[]
  selected: readonly string[]
  onSelect(id: string, extend: boolean): void
}

/** The points as numbers, sorted by any of them; costs are means per problem. */
export function PointTable({ points, pairTitles, selected, onSelect }: PointTableProps) {
  const [sort, setSort] = useState<{ readonly column: number; readonly down: boolean } | null>(null)
  const sorted = useMemo(() => {
    const column = sort && COLUMNS[sort.column]
    if (!column) return points
    const sign = sort.down ? -1 : 1
    return points.toSorted((a, b) => sign * ((column.of(a) ?? -1) - (column.of(b) ?? -1)))
  }, [points, sort])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <section className={styles.tableWrap} tabIndex={0} aria-label="Table of the sweep">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Search</th>
            {pairTitles.length > 1 ? <th scope="col">Models</th> : null}
            {COLUMNS.map(({ name }, index) => {
              const down = sort?.column === index ? sort.down : null
              return (
                <th key={name} scope="col" aria-sort={down === null ? 'none' : down ? 'descending' : 'ascending'}>
                  <button
                    type="button"
                    className={styles.sort}
                    onClick={() => setSort({ column: index, down: down === null ? true : !down })}
                  >
                    {name} {down === null ? '' : down ? '↓' : '↑'}
                  </button>
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map((point) => (
            <tr key={point.id} data-selected={selected.includes(point.id)}>
              <td>
                <button
                  type="button"
                  className={styles.sort}
                  aria-pressed={selected.includes(point.id)}
                  onClick={(event) => onSelect(point.id, event.shiftKey || event.ctrlKey || event.metaKey)}
                >
                  {strategyName(point.strategy)} <span className={styles.number}>{point.search}</span>
                </button>
              </td>
              {pairTitles.length > 1 ? <td>{pairTitles[point.pair]}</td> : null}
              {COLUMNS.map(({ name, show }) => (
                <td key={name}>{show(point)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
