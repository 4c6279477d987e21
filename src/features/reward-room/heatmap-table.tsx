import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { formatScore } from '../../viz/layout/format-number.ts'
import type { HeatmapRows } from '../../viz/marks/heatmap.tsx'
import styles from './heatmap-picture.module.css'
import { outcomeWords } from './trace-words.ts'
import type { Room } from './use-room.ts'

/** CSS pixels. */
const ROW = 28

interface HeatmapTableProps {
  room: Room
  rows: HeatmapRows
  onOpen(row: number): void
}

/** The heatmap in numbers; only rows in view are in the page. */
export function HeatmapTable({ room, rows, onOpen }: HeatmapTableProps) {
  const scroller = useRef<HTMLElement>(null)
  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  })
  const items = virtualizer.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <section className={styles.table} ref={scroller} tabIndex={0} aria-label="Scores by step">
      <table aria-rowcount={rows.count + 1}>
        <thead>
          <tr>
            <th scope="col">Trace</th>
            <th scope="col">Truth</th>
            <th scope="col">Scores of its steps</th>
          </tr>
        </thead>
        <tbody>
          <Spacer height={before} />
          {items.map(({ index }) => {
            const trace = room.traces[room.listed[index] ?? -1]
            return trace ? (
              <tr key={trace.key} aria-rowindex={index + 2} style={{ height: ROW }}>
                <th scope="row">
                  <button type="button" className={styles.open} onClick={() => onOpen(index)}>
                    {rows.name(index)}
                  </button>
                </th>
                <td>{outcomeWords(room.truthOf(trace))}</td>
                <td className={styles.numbers}>
                  {Array.from({ length: rows.length(index) }, (_, step) => formatScore(rows.value(index, step))).join(
                    ' ',
                  )}
                </td>
              </tr>
            ) : null
          })}
          <Spacer height={after} />
        </tbody>
      </table>
    </section>
  )
}

/** In place of rows out of view. */
function Spacer({ height }: { height: number }) {
  return height > 0 ? (
    <tr>
      <td colSpan={3} style={{ height, padding: 0, border: 0 }} />
    </tr>
  ) : null
}
