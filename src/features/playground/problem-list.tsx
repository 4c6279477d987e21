import { useVirtualizer } from '@tanstack/react-virtual'
import type { KeyboardEvent } from 'react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import type { ListedProblem } from '../../state/search/problem-file-state.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { matchingProblems } from './matching-problems.ts'
import styles from './problem-list.module.css'

/** CSS pixels: two lines of text. */
const ROW = 48
/** Rows that a page key moves by. */
const PAGE = 8

interface ProblemListProps {
  problems: readonly ListedProblem[]
  onChoose(problem: ListedProblem): void
}

/** Problems of a file, filtered by words; the arrows move through them while the filter keeps the focus. */
export function ProblemList({ problems, onChoose }: ProblemListProps) {
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const found = useMemo(() => matchingProblems(problems, query), [problems, query])
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const virtualizer = useVirtualizer({
    count: found.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
  })
  useEffect(() => {
    if (active < found.length) virtualizer.scrollToIndex(active)
  }, [virtualizer, active, found.length])

  const onKeyDown = (event: KeyboardEvent) => {
    const to = moved(event.key, active, found.length)
    const chosen = found[active]
    if (to !== null) setActive(to)
    else if (event.key === 'Enter' && chosen) onChoose(chosen)
    else return
    event.preventDefault()
  }

  return (
    <>
      <div className={styles.filter}>
        <TextField
          label="Filter"
          type="search"
          placeholder="words of the problem, or its line"
          hint={`${found.length === problems.length ? problems.length : `${found.length} of ${problems.length}`} problems. ↑ ↓ and Enter choose one.`}
          value={query}
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
          onKeyDown={onKeyDown}
          onChange={(text) => {
            setQuery(text)
            setActive(0)
          }}
        />
      </div>
      <div ref={scroller} className={styles.scroller}>
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label="Problems"
          className={styles.list}
          style={{ height: virtualizer.getTotalSize() }}
        >
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const problem = found[index]
            return problem ? (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the filter has the focus and takes the keys
              // biome-ignore lint/a11y/useFocusableInteractive: it is the active descendant of the filter
              <div
                key={problem.line}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                aria-setsize={found.length}
                aria-posinset={index + 1}
                className={styles.row}
                style={{ height: ROW, transform: `translateY(${start}px)` }}
                onClick={() => onChoose(problem)}
              >
                <span className={styles.line}>{problem.line}</span>
                <span className={styles.text}>
                  <OutsideText text={problem.text} bare />
                </span>
              </div>
            ) : null
          })}
        </div>
        {found.length === 0 ? <p className={styles.none}>No problem has these words.</p> : null}
      </div>
    </>
  )
}

/** Where a key leads; null where it leads nowhere. */
function moved(key: string, from: number, count: number): number | null {
  const by: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }
  const step = by[key]
  return step === undefined || count === 0 ? null : Math.max(0, Math.min(count - 1, from + step))
}
