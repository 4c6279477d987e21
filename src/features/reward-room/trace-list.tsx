import { useVirtualizer } from '@tanstack/react-virtual'
import type { KeyboardEvent } from 'react'
import { useEffect, useId, useRef } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { classNames } from '../../ui/class-names.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import styles from './trace-list.module.css'
import { countWords, outcomeWords, traceName } from './trace-words.ts'
import type { Room } from './use-room.ts'

/** CSS pixels. */
const ROW = 46

/** The listed traces: only those in view are in the page. Arrow keys select, Enter opens. */
export function TraceList({ room }: { room: Room }) {
  const actions = useActions()
  const selected = useApp((state) => state.traces.selected)
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const { listed, traces, columns } = room
  const virtualizer = useVirtualizer({
    count: listed.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
  })
  const at = listed.findIndex((place) => traces[place]?.key === selected)
  useEffect(() => {
    if (at >= 0) virtualizer.scrollToIndex(at)
  }, [at, virtualizer])
  const keyAt = (row: number) => traces[listed[row] ?? -1]?.key ?? null

  const move = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 1)
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: listed.length - 1,
    }[event.key]
    if (event.key === 'Enter' && at >= 0) {
      event.preventDefault()
      actions.traces.show('trace')
    } else if (to !== undefined && listed.length > 0) {
      event.preventDefault()
      actions.traces.select(keyAt(Math.max(0, Math.min(listed.length - 1, to))))
    }
  }

  return (
    <div
      ref={scroller}
      className={styles.list}
      role="listbox"
      tabIndex={0}
      aria-label={countWords(listed.length, 'trace')}
      aria-activedescendant={at < 0 ? undefined : `${id}-${at}`}
      onKeyDown={move}
    >
      <div className={styles.rows} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const place = listed[index] ?? -1
          const trace = traces[place]
          if (!trace) return null
          return (
            <div
              key={trace.key}
              id={`${id}-${index}`}
              className={classNames(styles.row, index === at && styles.selected)}
              style={{ transform: `translateY(${start}px)`, height: ROW }}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              aria-setsize={listed.length}
              aria-posinset={index + 1}
              onClick={() => {
                actions.traces.select(trace.key)
                actions.traces.show('trace')
              }}
              onKeyDown={undefined}
            >
              <span className={styles.problem}>
                <OutsideText text={trace.problem.trim()} most={200} clip bare />
              </span>
              <span className={styles.facts}>
                <OutsideText className={styles.name} text={traceName(trace)} most={40} bare />
                <span className={styles.length}>{countWords(trace.steps.length, 'step')}</span>
                <span>{outcomeWords(room.truthOf(trace))}</span>
                {room.scores.a ? <span>A {formatScore(columns.lowest.a[place] ?? Number.NaN)}</span> : null}
                {room.scores.b ? <span>B {formatScore(columns.lowest.b[place] ?? Number.NaN)}</span> : null}
              </span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
