import { useEffect, useRef } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { isLiveSweep } from '../../state/lab/lab-draft.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { useHotkeys } from '../../ui/use-hotkeys.ts'
import styles from './lab.module.css'
import { LabSetup } from './lab-setup.tsx'
import { SweepHead } from './sweep-head.tsx'
import { SweepPictures } from './sweep-pictures.tsx'
import { useStartSweep } from './use-start-sweep.ts'

/** The scaling lab: what the next sweep will do, and the sweep that is shown. `onOpened` shows the playground. */
export function LabScreen({ onOpened }: { onOpened(): void }) {
  const actions = useActions()
  const sweep = useApp(({ lab }) => lab.sweeps.find(({ id }) => id === lab.active) ?? null)
  const shown = useApp((state) => state.lab.shown)
  const status = useApp((state) => state.lab.status)
  const starting = useApp((state) => state.lab.starting)
  const { start } = useStartSweep()
  const region = useRef<HTMLElement>(null)
  // On a phone the setup with its button is below the sweep that it starts.
  useEffect(() => {
    if (starting && matchMedia('(max-width: 640px)').matches) region.current?.scrollIntoView({ block: 'start' })
  }, [starting])
  useHotkeys({
    r: start,
    p: () => {
      if (sweep === null || sweep.elsewhere || !isLiveSweep(sweep.status)) return
      if (sweep.status === 'paused') actions.lab.resume(sweep.id)
      else actions.lab.pause(sweep.id)
    },
    'Ctrl+z': actions.lab.undo,
    'Ctrl+Shift+z': actions.lab.redo,
  })
  return (
    <div className={styles.screen}>
      <h2 className={styles.hidden}>Scaling lab</h2>
      <div className={styles.side}>
        <LabSetup />
      </div>
      <section ref={region} className={styles.sweep} aria-label="Sweep" data-content tabIndex={-1}>
        {sweep ? (
          <>
            <SweepHead sweep={sweep} />
            {shown?.id === sweep.id ? (
              <SweepPictures key={sweep.id} sweep={sweep} shown={shown} onOpened={onOpened} />
            ) : (
              <p className={styles.muted}>Reading the results…</p>
            )}
          </>
        ) : status === 'loading' ? (
          <p className={styles.muted}>Looking for sweeps…</p>
        ) : (
          <EmptyState icon="chart" title="No sweep yet">
            <p>
              A sweep runs every strategy under every budget on the same problems, and draws what each reaches for what
              it costs. Press <strong>Start the sweep</strong>: the defaults take less than a minute.
            </p>
          </EmptyState>
        )}
      </section>
    </div>
  )
}
