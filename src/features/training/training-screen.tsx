import { useEffect, useRef } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { modelName } from '../../state/models/model-names.ts'
import { isUnderWay } from '../../state/training/training-view.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { useHotkeys } from '../../ui/use-hotkeys.ts'
import { MetricGrid } from './metric-grid.tsx'
import { RecipePanel } from './recipe-panel.tsx'
import { RunHead } from './run-head.tsx'
import { RunLog } from './run-log.tsx'
import { SampleList } from './sample-list.tsx'
import styles from './training-screen.module.css'
import { TreePairView } from './tree-pair-view.tsx'
import { useStart } from './use-start.ts'

/** Between looks at runs of other tabs. */
const LOOK_MS = 3000

/** The recipe of the next run, and the run that is shown. */
export function TrainingScreen() {
  const actions = useActions()
  const run = useApp((state) => state.training.runs.find(({ id }) => id === state.training.active) ?? null)
  const elsewhere = useApp((state) => state.training.runs.some((one) => one.elsewhere))
  const { start } = useStart()
  const shown = useRef<HTMLElement>(null)
  const starting = useApp((state) => state.training.starting)
  // On a phone the recipe with its button is below the run that it starts.
  useEffect(() => {
    if (starting && matchMedia('(max-width: 640px)').matches) shown.current?.scrollIntoView({ block: 'start' })
  }, [starting])
  useEffect(() => {
    void actions.training.refresh()
  }, [actions])
  // Another tab does not tell when its run ends.
  useEffect(() => {
    if (!elsewhere) return
    const timer = setInterval(() => void actions.training.refresh(), LOOK_MS)
    return () => clearInterval(timer)
  }, [elsewhere, actions])
  useHotkeys({
    r: start,
    p: () => {
      if (run === null || !isUnderWay(run)) return
      if (run.status === 'running') actions.training.pause(run.id)
      else actions.training.resume(run.id)
    },
    'Ctrl+z': actions.training.undo,
    'Ctrl+Shift+z': actions.training.redo,
  })
  return (
    <div className={styles.screen}>
      <h2 className={styles.hidden}>Train</h2>
      <div className={styles.side}>
        <RecipePanel />
      </div>
      <section ref={shown} className={styles.run} aria-label="Training run" data-content tabIndex={-1}>
        <ListProblems />
        {run ? (
          <>
            <RunHead run={run} />
            <TreePairView run={run} />
            <MetricGrid run={run} />
            <div className={styles.below}>
              <SampleList run={run} />
              <RunLog run={run} />
            </div>
          </>
        ) : (
          <NoRun />
        )}
      </section>
    </div>
  )
}

function NoRun() {
  const status = useApp((state) => state.training.status)
  if (status === 'loading') return <p className={styles.muted}>Looking for training runs…</p>
  return (
    <EmptyState icon="chart" title="No training run yet">
      <p>
        Choose an objective and a model, then <strong>Start training</strong>. Charts, samples and saves appear here as
        it learns; everything stays in this browser. The defaults train the bundled policy on worked solutions.
      </p>
    </EmptyState>
  )
}

function ListProblems() {
  const actions = useActions()
  const error = useApp((state) => state.training.error)
  const unreadable = useApp((state) => state.training.unreadable)
  const engine = useApp((state) => state.engine)
  return (
    <>
      {error ? (
        <ErrorNotice details={error}>
          <Button onClick={() => void actions.training.refresh()}>Look again</Button>
        </ErrorNotice>
      ) : null}
      {unreadable.map((id) => (
        <ErrorNotice
          key={id}
          tone="caution"
          details={{
            message: `What was noted of a training run (${modelName(id, engine)}) cannot be read.`,
            nextStep: 'It can only be deleted.',
          }}
        >
          <Button onClick={() => void actions.training.remove(id)}>Delete it</Button>
        </ErrorNotice>
      ))}
    </>
  )
}
