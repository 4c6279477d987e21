import { useEffect, useRef } from 'react'
import { FolderForm } from '../../panels/folder-form.tsx'
import { LoadProgress } from '../../panels/load-progress.tsx'
import { useActions, useApp } from '../../state/hooks.ts'
import { PICTURES } from '../../state/traces/traces-state.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { AddTraces } from './add-traces.tsx'
import { HeldRows } from './held-rows.tsx'
import { ModelSlots } from './model-slots.tsx'
import { ROOM_PICTURES } from './pictures.tsx'
import { ReadingLine } from './reading-line.tsx'
import styles from './reward-room-screen.module.css'
import { ScoringLine } from './scoring-line.tsx'
import { TraceFilters } from './trace-filters.tsx'
import { TraceList } from './trace-list.tsx'
import { TraceSets } from './trace-sets.tsx'
import type { Room } from './use-room.ts'
import { useRoom } from './use-room.ts'

/** Reward models under the lens: traces at the left, the models and the pictures of their scores at the right. */
export function RewardRoomScreen() {
  const actions = useActions()
  const status = useApp((state) => state.traces.status)
  const empty = useApp((state) => state.traces.sets.length === 0)
  const error = useApp((state) => state.traces.error)
  const folder = useApp((state) => state.engine.folder)
  // The first load of the page, and the one before scoring, are told elsewhere.
  const loading = useApp(
    ({ engine, traces }) => engine.phase === 'loading' && engine.models !== null && traces.scoring === null,
  )
  const room = useRoom()
  useEffect(() => {
    void actions.traces.enter()
  }, [actions])
  return (
    <div className={styles.screen}>
      <h2 className={styles.hidden}>Reward models</h2>
      <aside className={styles.side} aria-label="Traces">
        <AddTraces />
        <ReadingLine />
        {error ? <ErrorNotice details={error} onDismiss={actions.traces.dismissError} /> : null}
        <HeldRows />
        {empty ? null : (
          <>
            <TraceSets />
            <TraceFilters room={room} />
            <TraceList room={room} />
          </>
        )}
      </aside>
      <section className={styles.main} aria-label="Scores" data-content tabIndex={-1}>
        <ModelSlots room={room} />
        {loading ? (
          <div className={styles.loading}>
            <LoadProgress />
          </div>
        ) : null}
        <ScoringLine />
        {folder ? (
          <div className={styles.folder}>
            <FolderForm
              key={folder.name}
              folder={folder}
              expects="process-reward-model"
              onLoaded={(model) => void actions.traces.takeModel(model)}
            />
          </div>
        ) : status === 'loading' ? (
          <p className={styles.muted}>Reading the traces of this browser…</p>
        ) : empty ? (
          <NoTraces />
        ) : (
          <Pictures room={room} />
        )}
      </section>
    </div>
  )
}

function Pictures({ room }: { room: Room }) {
  const actions = useActions()
  const picture = useApp((state) => state.traces.picture)
  const host = useRef<HTMLDivElement>(null)
  const selected = useApp((state) => state.traces.selected)
  // On a phone the pictures are below the list that opens them.
  useEffect(() => {
    if (picture === 'trace' && selected !== null && matchMedia('(max-width: 640px)').matches)
      host.current?.scrollIntoView({ block: 'start' })
  }, [picture, selected])
  const tabs = PICTURES.flatMap((value) => {
    const found = ROOM_PICTURES[value]
    return found ? [{ value, label: found.name, content: <found.Content room={room} /> }] : []
  })
  const shown = tabs.some(({ value }) => value === picture) ? picture : 'heatmap'
  return (
    <div className={styles.pictures} ref={host}>
      <Tabs label="Pictures" value={shown} tabs={tabs} onChange={actions.traces.show} />
    </div>
  )
}

function NoTraces() {
  return (
    <EmptyState icon="inspect" title="Which reward model, and on what?">
      <p>
        Add traces: responses to problems, step by step. A file of ProcessBench, PRM800K, Math-Shepherd, PRMBench, TRL
        or search-and-learn can be dropped here; or sample 200 of the bundled task, whose exact labels make the truth
        visible. Then choose a reward model, or drop the folder of one, score them, and see where it is wrong.
      </p>
    </EmptyState>
  )
}
