import { RunName } from '../../panels/run-name.tsx'
import { useActions, useApp } from '../../state/hooks.ts'
import { isLiveSweep } from '../../state/lab/lab-draft.ts'
import type { SweepStatus, SweepView } from '../../state/lab/lab-state.ts'
import { modelsName } from '../../state/lab/sweep-view.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { Select } from '../../ui/select.tsx'
import { formatDuration } from '../../viz/layout/format-number.ts'
import styles from './lab.module.css'

const WORDS: Readonly<Record<SweepStatus, string>> = {
  running: 'running',
  loading: 'loading its models',
  waiting: 'waiting: a search in the playground goes first',
  paused: 'paused',
  interrupted: 'interrupted',
  finished: 'finished',
  cancelled: 'cancelled',
  failed: 'failed',
}

/** Name, state and progress of the sweep that is shown, and what can be done with it. */
export function SweepHead({ sweep }: { sweep: SweepView }) {
  const actions = useActions()
  const sweeps = useApp((state) => state.lab.sweeps)
  const starting = useApp((state) => state.lab.starting)
  const { id, status, count, total, errors, elsewhere } = sweep
  const live = isLiveSweep(status) && !elsewhere
  const open = count < total
  return (
    <header className={styles.head}>
      <div className={styles.row}>
        <h3 className={styles.title}>
          <RunName title={sweep.title} onRename={(title) => void actions.lab.rename(id, title)} />
          <span className={styles.status} data-status={status} role="status">
            {elsewhere ? 'under way in another tab' : WORDS[status]}
          </span>
        </h3>
        {sweeps.length > 1 ? (
          <Select
            label="Sweep that is shown"
            hideLabel
            value={id}
            options={sweeps.map((one) => ({ value: one.id, label: one.title }))}
            onChange={(next) => void actions.lab.select(next)}
          />
        ) : null}
      </div>
      <div className={styles.controls}>
        {live && status !== 'paused' ? (
          <Button icon="pause" onClick={() => actions.lab.pause(id)}>
            Pause
          </Button>
        ) : null}
        {live && status === 'paused' ? (
          <Button icon="play" onClick={() => actions.lab.resume(id)}>
            Resume
          </Button>
        ) : null}
        {live ? (
          <Button icon="stop" onClick={() => actions.lab.cancel(id)}>
            Cancel the sweep
          </Button>
        ) : null}
        {!live && !elsewhere && (open || errors > 0) ? (
          <Button variant="primary" icon="play" disabled={starting} onClick={() => void actions.lab.continue(id)}>
            {open ? 'Continue' : 'Try what failed again'}
          </Button>
        ) : null}
        <Button icon="edit" onClick={() => actions.lab.adopt(id)}>
          Use its setup
        </Button>
        <Button
          icon="download"
          onClick={() => {
            const file = actions.lab.exportResults(id)
            if (file) saveFile(file.name, file.text, 'application/jsonl')
          }}
        >
          Results (JSONL)
        </Button>
        <Button
          icon="download"
          onClick={() => {
            const file = actions.lab.exportConfig(id)
            saveFile(file.name, file.text)
          }}
        >
          Config
        </Button>
        <IconButton icon="trash" label="Delete this sweep" onClick={() => void actions.lab.remove(id)} />
      </div>
      <Progress
        label="Results"
        of={id}
        value={total === 0 ? null : count / total}
        detail={`${count} of ${total}${sweep.seconds > 0 ? `, ${formatDuration(sweep.seconds * 1000)}` : ''}`}
        estimate={status === 'running'}
      />
      <p className={styles.muted}>
        {sweep.problemCount} problems, {sweep.models.map(modelsName).join('; ')}
        {errors > 0 ? `, ${errors} failed` : ''}
      </p>
      {sweep.error ? <ErrorNotice details={sweep.error} /> : null}
      {sweep.unsaved ? <ErrorNotice tone="caution" details={sweep.unsaved} /> : null}
    </header>
  )
}
