import { useState } from 'react'
import { FreeText } from '../../panels/response-text.tsx'
import type { LabelingMode } from '../../rewards/hand-labels.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { correctOf } from '../../state/traces/trace-measures.ts'
import type { Trace } from '../../state/traces/traces-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { StepEditor } from './step-editor.tsx'
import { StepTable } from './step-table.tsx'
import styles from './trace-picture.module.css'
import { TraceProbes } from './trace-probes.tsx'
import { outcomeWords, traceName } from './trace-words.ts'
import type { Room } from './use-room.ts'

/** The selected trace: all that is known of each step; its steps can be labelled, edited and probed. */
export function TracePicture({ room }: { room: Room }) {
  const actions = useActions()
  const [mode, setMode] = useState<LabelingMode>('first-error')
  const [byKey, setByKey] = useState<string | null>(null)
  const selected = useApp((state) => state.traces.selected)
  const trace = room.traces.find(({ key }) => key === selected)
  if (!trace) {
    const first = room.traces[room.listed[0] ?? -1]
    return (
      <EmptyState icon="inspect" title="No trace is open">
        <p>Choose one in the list, or in the heatmap.</p>
        {first ? <Button onClick={() => actions.traces.select(first.key)}>Open the first</Button> : null}
      </EmptyState>
    )
  }
  const at = room.listed.findIndex((place) => room.traces[place] === trace)
  const beside = (step: number) => room.traces[room.listed[at + step] ?? -1] ?? null
  return (
    <article className={styles.trace} aria-label="Trace">
      <header className={styles.head}>
        <div className={styles.name}>
          <h3>
            <OutsideText text={traceName(trace)} most={60} />
          </h3>
          <p className={styles.facts}>{factsOf(room, trace)}</p>
        </div>
        <Neighbour label="Previous trace" icon="chevronLeft" trace={beside(-1)} />
        <Neighbour label="Next trace" icon="chevronRight" trace={beside(1)} />
      </header>
      <div className={styles.problem}>
        <FreeText text={trace.problem} />
      </div>
      <StepTable
        key={trace.key}
        room={room}
        trace={trace}
        mode={mode}
        startsFocused={byKey === trace.key}
        onMode={setMode}
        onNext={() => {
          const next = beside(1)
          if (next === null) return
          setByKey(next.key)
          actions.traces.select(next.key)
        }}
      />
      <Panel title="Edit steps" startsOpen={false}>
        <StepEditor key={trace.key} room={room} trace={trace} />
      </Panel>
      <Panel title="Probe" startsOpen={false}>
        <TraceProbes key={trace.key} room={room} trace={trace} />
      </Panel>
    </article>
  )
}

interface NeighbourProps {
  label: string
  icon: 'chevronLeft' | 'chevronRight'
  trace: Trace | null
}

function Neighbour({ label, icon, trace }: NeighbourProps) {
  const actions = useActions()
  return (
    <IconButton
      icon={icon}
      label={label}
      disabled={trace === null}
      onClick={() => trace && actions.traces.select(trace.key)}
    />
  )
}

function factsOf(room: Room, trace: Trace): string {
  const { correct, vote } = correctOf(trace)
  const answer = correct === null ? null : correct ? 'right answer' : vote === null ? 'no right answer' : 'wrong answer'
  return [trace.subset, trace.generator && `by ${trace.generator}`, outcomeWords(room.truthOf(trace)), answer]
    .filter((fact) => fact !== null && fact !== '')
    .join(' · ')
}
