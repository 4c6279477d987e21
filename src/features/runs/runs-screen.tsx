import { useVirtualizer } from '@tanstack/react-virtual'
import type { RefObject } from 'react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { RunName } from '../../panels/run-name.tsx'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import { strategyName } from '../../search/settings.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { RunSummary } from '../../state/search/history-state.ts'
import type { RunStatus } from '../../state/search/runs-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { formatAgo } from './format-ago.ts'
import styles from './runs-screen.module.css'
import { useExport } from './use-export.ts'

/** Every run this browser has kept. `onOpened` shows the playground. */
export function RunsScreen({ onOpened }: { onOpened(): void }) {
  const actions = useActions()
  const { status, error, runs, query } = useApp((state) => state.history)
  useEffect(() => {
    void actions.history.refresh()
  }, [actions])
  const scroller = useRef<HTMLDivElement>(null)
  return (
    <div className={styles.screen} ref={scroller}>
      <header className={styles.header}>
        <h2 className={styles.title}>Runs</h2>
        <p className={styles.muted}>Saved in this browser as they go; nothing leaves it.</p>
        <FileButton
          icon="open"
          label="Open a run file"
          accept=".json,application/json"
          onPick={async ({ files: [file] }) => {
            if (file && (await actions.runs.importFile(file.name, file)) !== null) onOpened()
          }}
        >
          Open a run file
        </FileButton>
      </header>
      {status === 'unavailable' ? (
        <ErrorNotice
          tone="caution"
          details={
            error ?? {
              message: 'This browser refuses storage.',
              nextStep: 'Runs last until the page is closed; export those you need.',
            }
          }
        />
      ) : null}
      {runs.length > 0 || query !== '' ? (
        <div className={styles.search}>
          <TextField
            label="Search"
            type="search"
            placeholder="problem, strategy or name"
            value={query}
            onChange={(text) => actions.history.search(text)}
          />
        </div>
      ) : null}
      {runs.length > 0 ? (
        <RunTable runs={runs} scroller={scroller} onOpened={onOpened} />
      ) : status === 'loading' ? (
        <p className={styles.muted}>Reading the saved runs…</p>
      ) : query !== '' ? (
        <p className={styles.muted}>
          No run matches “<OutsideText text={query} />
          ”.
        </p>
      ) : (
        <EmptyState icon="tree" title="No runs yet">
          <p>Every search you run is listed here, with all its events, and opens again as the same picture.</p>
          <Button variant="primary" onClick={onOpened}>
            To the playground
          </Button>
        </EmptyState>
      )}
    </div>
  )
}

const STATUS_WORDS: Readonly<Record<RunStatus, string>> = {
  running: 'running',
  paused: 'paused',
  finished: 'finished',
  cancelled: 'cancelled',
  failed: 'failed',
  interrupted: 'interrupted',
}

interface RunTableProps {
  runs: readonly RunSummary[]
  scroller: RefObject<HTMLDivElement | null>
  onOpened(): void
}

/** CSS pixels; rows are measured once they are drawn. */
const ROW = 40
const COLUMNS = 7

/** Only rows in view, and some around them, are in the page. */
function RunTable({ runs, scroller, onOpened }: RunTableProps) {
  const now = useNow()
  const table = useRef<HTMLTableElement>(null)
  const [above, setAbove] = useState(0)
  useLayoutEffect(() => {
    const [inner, outer] = [table.current, scroller.current]
    if (inner && outer) {
      setAbove(inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop)
    }
  }, [scroller])
  const virtualizer = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => runs[index]?.id ?? index,
    scrollMargin: above,
    overscan: 8,
  })
  const rows = virtualizer.getVirtualItems()
  const before = (rows[0]?.start ?? above) - above
  const after = virtualizer.getTotalSize() + above - (rows.at(-1)?.end ?? above)
  return (
    <div className={styles.tableWrap}>
      <table className={styles.table} ref={table} aria-rowcount={runs.length + 1}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className={styles.wide}>
              Problem
            </th>
            <th scope="col" className={styles.wide}>
              Strategy
            </th>
            <th scope="col">Answer</th>
            <th scope="col" className={classNames(styles.number, styles.wide)}>
              Events
            </th>
            <th scope="col" className={styles.wide}>
              When
            </th>
            <th scope="col">
              <span className={styles.hiddenText}>Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Spacer height={before} />
          {rows.map(({ index }) => {
            const run = runs[index]
            return run ? (
              <RunRow
                key={run.id}
                run={run}
                now={now}
                index={index}
                measure={virtualizer.measureElement}
                onOpened={onOpened}
              />
            ) : null
          })}
          <Spacer height={after} />
        </tbody>
      </table>
    </div>
  )
}

/** In place of rows out of view. */
function Spacer({ height }: { height: number }) {
  return height > 0 ? (
    <tr className={styles.spacer}>
      <td colSpan={COLUMNS} style={{ height }} />
    </tr>
  ) : null
}

interface RunRowProps {
  run: RunSummary
  now: number
  index: number
  measure(row: HTMLTableRowElement | null): void
  onOpened(): void
}

function RunRow({ run, now, index, measure, onOpened }: RunRowProps) {
  const actions = useActions()
  const exportRun = useExport()
  const open = async () => {
    await actions.history.open(run.id)
    onOpened()
  }
  return (
    <tr data-purpose={run.purpose} data-index={index} aria-rowindex={index + 2} ref={measure}>
      <td>
        <RunName
          title={run.title}
          onOpen={() => void open()}
          onRename={(title) => void actions.runs.rename(run.id, title)}
        />
        {run.unsaved ? (
          <span className={styles.unsaved} title="It is in this page alone: export it to keep it.">
            <Icon name="warning" size={14} /> not saved
          </span>
        ) : null}
      </td>
      <td className={classNames(styles.mono, styles.wide)}>
        <OutsideText text={run.setup.problem} clip bare />
      </td>
      <td className={styles.wide}>
        {run.purpose === 'completions' ? 'Completions of a step' : strategyName(run.setup.strategy)}
      </td>
      <td>
        {run.status === 'finished' ? (
          <VerdictMark correct={run.correct} word={run.answer ?? 'no answer'} />
        ) : (
          <span className={styles.status} data-status={run.status}>
            {run.status === 'interrupted' || run.status === 'failed' ? <Icon name="warning" size={14} /> : null}
            {STATUS_WORDS[run.status]}
          </span>
        )}
      </td>
      <td className={classNames(styles.number, styles.wide)}>{run.events}</td>
      <td className={classNames(styles.when, styles.wide)}>
        <time dateTime={run.createdAt} title={new Date(run.createdAt).toLocaleString()}>
          {formatAgo(Date.parse(run.createdAt), now)}
        </time>
      </td>
      <td>
        <div className={styles.actions}>
          <Button onClick={() => void open()}>Open</Button>
          <IconButton
            icon="restart"
            label="Start again with the same setup"
            onClick={async () => {
              await actions.history.open(run.id)
              await actions.runs.startAgain(run.id)
              onOpened()
            }}
          />
          <IconButton icon="download" label="Export as a file" onClick={() => void exportRun(run.id)} />
          <IconButton icon="trash" label="Delete" onClick={() => void actions.history.remove(run.id)} />
        </div>
      </td>
    </tr>
  )
}

/** The time, once a minute. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 60_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
