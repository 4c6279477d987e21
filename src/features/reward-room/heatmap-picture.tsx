import { useMemo, useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import type { Trace } from '../../state/traces/traces-state.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import type { HeatmapRows } from '../../viz/marks/heatmap.tsx'
import { Heatmap } from '../../viz/marks/heatmap.tsx'
import { ScoreLegend } from '../../viz/marks/score-legend.tsx'
import styles from './heatmap-picture.module.css'
import { HeatmapTable } from './heatmap-table.tsx'
import { outcomeWords, traceName } from './trace-words.ts'
import type { Room } from './use-room.ts'

type Shown = 'a' | 'b' | 'difference'

/** All listed traces, a row each, a cell for every step. */
export function HeatmapPicture({ room }: { room: Room }) {
  const actions = useActions()
  const selected = useApp((state) => state.traces.selected)
  const [wanted, setWanted] = useState<Shown>('a')
  const [view, setView] = useState<'picture' | 'table'>('picture')
  const both = room.scores.a !== null && room.scores.b !== null
  const shown: Shown = both ? wanted : room.scores.a === null && room.scores.b !== null ? 'b' : 'a'
  const rows = useMemo(() => rowsOf(room, shown), [room, shown])
  const active = useMemo(() => {
    const at = room.listed.findIndex((place) => room.traces[place]?.key === selected)
    return at < 0 ? null : at
  }, [room, selected])
  const keyOf = (row: number): string | null => room.traces[room.listed[row] ?? -1]?.key ?? null
  const open = (row: number): void => {
    actions.traces.select(keyOf(row))
    actions.traces.show('trace')
  }
  if (room.scores.a === null && room.scores.b === null) {
    return (
      <EmptyState icon="chart" title="Nothing is scored yet">
        <p>Choose a reward model above, then score the traces. Every step becomes a cell, coloured by its score.</p>
      </EmptyState>
    )
  }
  return (
    <div className={styles.picture}>
      <div className={styles.head}>
        {both ? (
          <Segmented
            label="Scores shown"
            value={shown}
            options={[
              { value: 'a', label: 'Model A' },
              { value: 'b', label: 'Model B' },
              { value: 'difference', label: 'Difference' },
            ]}
            onChange={(next) => setWanted(next)}
          />
        ) : null}
        <Segmented
          label="Shown as"
          value={view}
          options={[
            { value: 'picture', label: 'Picture' },
            { value: 'table', label: 'Table' },
          ]}
          onChange={(next) => setView(next)}
        />
        <p className={styles.legend}>
          {shown === 'difference' ? (
            <ScoreLegend low="equal" high="1 apart" />
          ) : (
            <ScoreLegend low="0 wrong" high="1 right" />
          )}
          <span>
            <span aria-hidden="true">✕</span> first wrong step; steps behind it are faint, steps without a score grey
          </span>
        </p>
      </div>
      {view === 'table' ? (
        <HeatmapTable room={room} rows={rows} onOpen={open} />
      ) : (
        <Heatmap
          label={`Scores of ${rows.count} traces by step`}
          rows={rows}
          active={active}
          describe={(row) => describeRow(room, rows, row)}
          onActive={(row) => actions.traces.select(keyOf(row))}
          onOpen={open}
        />
      )}
    </div>
  )
}

function rowsOf(room: Room, shown: Shown): HeatmapRows {
  const traceOf = (row: number) => room.traces[room.listed[row] as number] as Trace
  let columns = 0
  for (const place of room.listed) columns = Math.max(columns, room.columns.length[place] ?? 0)
  // A row's cells are asked for one after the other.
  let last = -1
  let values: readonly number[] = []
  const valuesOf = (row: number): readonly number[] => {
    if (row === last) return values
    last = row
    const trace = traceOf(row)
    const [a, b] = [room.scoresOf('a', trace), room.scoresOf('b', trace)]
    if (shown !== 'difference') values = (shown === 'a' ? a : b) ?? []
    else values = a && b ? a.map((score, step) => Math.abs(score - (b[step] ?? Number.NaN))) : []
    return values
  }
  return {
    count: room.listed.length,
    columns,
    name: (row) => traceName(traceOf(row)),
    length: (row) => room.columns.length[room.listed[row] as number] as number,
    value: (row, column) => valuesOf(row)[column] ?? Number.NaN,
    mark: (row) => room.columns.firstError[room.listed[row] as number] as number,
  }
}

function describeRow(room: Room, rows: HeatmapRows, row: number): string {
  const trace = room.traces[room.listed[row] ?? -1]
  if (!trace) return ''
  const scores = Array.from({ length: rows.length(row) }, (_, step) => formatScore(rows.value(row, step)))
  return `${traceName(trace)}, ${outcomeWords(room.truthOf(trace))}; scores ${scores.join(', ')}`
}
