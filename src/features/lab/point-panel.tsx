import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { rateWords } from '../../panels/scaling-view.ts'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import { useActions } from '../../state/hooks.ts'
import type { ShownSweep, SweepResult, SweepView } from '../../state/lab/lab-state.ts'
import { compareSides, differingProblems, sideOf } from '../../sweep/compare.ts'
import type { ScalingLine } from '../../sweep/lines.ts'
import { comparisonSentence } from '../../sweep/sentences.ts'
import type { SweepTable } from '../../sweep/table.ts'
import { pointId } from '../../sweep/table.ts'
import { taskById } from '../../tasks/registry.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import styles from './lab.module.css'

/** CSS pixels. */
const ROW = 40

interface PointPanelProps {
  sweep: SweepView
  shown: ShownSweep
  table: SweepTable
  lines: readonly ScalingLine[]
  /** One point, or two. */
  selected: readonly string[]
  onOpened(): void
  onClose(): void
}

type Filter = 'all' | 'right' | 'wrong' | 'failed'

/** Results of a chosen point, or the problems where two differ; each opens its tree. */
export function PointPanel({ sweep, shown, table, lines, selected, onOpened, onClose }: PointPanelProps) {
  const [filter, setFilter] = useState<Filter>('all')
  const [first, second] = selected
  const point = table.points.find(({ id }) => id === first)
  const other = table.points.find(({ id }) => id === second)
  const rows = useMemo(() => {
    const own = shown.results.filter((result) => pointId(result) === first)
    if (first === undefined || second === undefined) return own.filter((result) => fits(result, filter))
    const byPlace = new Map(
      shown.results.filter((result) => pointId(result) === second).map((one) => [place(one), one]),
    )
    const mine = new Map(own.map((one) => [place(one), one]))
    return differingProblems(table, first, second).flatMap((one) => {
      const found = one.right === 'first' ? mine.get(place(one)) : byPlace.get(place(one))
      return found ? [found] : []
    })
  }, [shown.results, table, first, second, filter])
  const panel = useRef<HTMLElement>(null)
  // It opens below the pictures: what was asked for comes into sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever other points are chosen
  useEffect(() => {
    // Browsers may answer with a promise, which is no way to clean up.
    panel.current?.scrollIntoView({ block: 'nearest' })
  }, [first, second])
  if (!point) return null
  const title = titleOf(point.id, point.search, lines)
  const comparison = other && compareSides(table, sideOf(point), sideOf(other))
  return (
    <section ref={panel} className={styles.part} aria-label="Results of the chosen points">
      <div className={styles.partHead}>
        <h4 className={styles.heading}>
          {title}
          {other ? ` and ${titleOf(other.id, other.search, lines)}` : ''}
          {!other && point.accuracy ? `: ${rateWords(point.accuracy)}, ${point.problems} problems` : ''}
        </h4>
        {other ? null : (
          <Segmented<Filter>
            label="Results that are listed"
            value={filter}
            options={[
              { value: 'all', label: 'All' },
              { value: 'right', label: 'Right' },
              { value: 'wrong', label: 'Wrong' },
              { value: 'failed', label: 'Failed' },
            ]}
            onChange={setFilter}
          />
        )}
        <IconButton icon="close" label="Close the results" onClick={onClose} />
      </div>
      {other && comparison ? (
        <p>
          {comparisonSentence({
            first: title,
            second: titleOf(other.id, other.search, lines),
            comparison,
            at: null,
          })}{' '}
          {rows.length} problems differ; listed is the search that is right.
        </p>
      ) : null}
      {rows.length > 0 ? (
        <ResultList sweep={sweep} shown={shown} rows={rows} onOpened={onOpened} />
      ) : (
        <p className={styles.muted}>{other ? 'They differ on no problem.' : 'No such results.'}</p>
      )}
    </section>
  )
}

const place = ({ problem, seed }: { problem: number; seed: number }) => `${problem} ${seed}`

/** The line's title and what the search's name adds: its budget. */
function titleOf(id: string, search: string, lines: readonly ScalingLine[]): string {
  const line = lines.find(({ points }) => points.some((point) => point.id === id))
  return line ? `${line.title} (${search.split(':').slice(1).join(', ') || 'no budget'})` : search
}

function fits({ correct, error }: SweepResult, filter: Filter): boolean {
  if (filter === 'all') return true
  if (filter === 'failed') return error !== undefined
  return error === undefined && correct === (filter === 'right')
}

interface ResultListProps {
  sweep: SweepView
  shown: ShownSweep
  rows: readonly SweepResult[]
  onOpened(): void
}

/** Only rows in view, and some around them, are in the page. */
function ResultList({ sweep, shown, rows, onOpened }: ResultListProps) {
  const actions = useActions()
  const scroller = useRef<HTMLDivElement>(null)
  const task = taskById(sweep.config.task)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  })
  const problemText = (index: number): string => {
    const fields = shown.problems[index]
    return fields ? task.format(task.readFields(fields)) : `problem ${index + 1}`
  }
  const open = async (result: SweepResult) => {
    onOpened()
    await actions.lab.openResult(sweep.id, result)
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <div ref={scroller} className={styles.list} tabIndex={0}>
      <ul aria-label="Results" className={styles.listInner} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const result = rows[index]
          if (!result) return null
          const text = problemText(result.problem)
          return (
            <li
              key={result.key}
              className={styles.result}
              style={{ height: ROW, transform: `translateY(${start}px)` }}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
            >
              <span className={styles.number}>{result.problem + 1}</span>
              <OutsideText text={text} clip bare />
              {result.error ? (
                <OutsideText text={result.error.message} clip bare />
              ) : (
                <VerdictMark correct={result.correct} word={result.answer ?? 'no answer'} />
              )}
              <Button onClick={() => void open(result)} aria-label={`Open the tree of problem ${result.problem + 1}`}>
                Open tree
              </Button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
