import { useEffect } from 'react'
import { strategyName } from '../../search/settings.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import styles from './add-traces.module.css'

/** Runs listed at a time: newer ones are wanted first, and the Runs screen finds others. */
const LISTED = 100

/** Ways through the trees of saved runs. */
export function RunsDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const actions = useActions()
  const runs = useApp((state) => state.history.runs)
  useEffect(() => {
    if (open) void actions.history.refresh()
  }, [open, actions])
  return (
    <Dialog title="Traces of a saved run" open={open} onOpenChange={onOpenChange}>
      <div className={styles.form}>
        <p className={styles.muted}>
          Every way through a run’s tree becomes a trace, with the scores that the run’s own reward model gave.
        </p>
        {runs.length === 0 ? <p>No runs are saved in this browser yet.</p> : null}
        <ul className={styles.runs}>
          {runs.slice(0, LISTED).map((run) => (
            <li key={run.id}>
              <span>
                <OutsideText text={run.title} bare />{' '}
                <span className={styles.muted}>
                  {strategyName(run.setup.strategy)}, {run.events} events
                </span>
              </span>
              <Button
                onClick={() => {
                  onOpenChange(false)
                  void actions.traces.addRun(run.id)
                }}
              >
                Take
              </Button>
            </li>
          ))}
        </ul>
        {runs.length > LISTED ? (
          <p className={styles.muted}>
            The newest {LISTED} of {runs.length} runs.
          </p>
        ) : null}
      </div>
    </Dialog>
  )
}
