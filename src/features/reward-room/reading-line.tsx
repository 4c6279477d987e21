import { plainText } from '../../core/outside-text.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { Progress } from '../../ui/progress.tsx'
import styles from './lines.module.css'

/** A file on its way in, traces that are sampled, or steps that are completed. */
export function ReadingLine() {
  const actions = useActions()
  const reading = useApp((state) => state.traces.reading)
  const relabelling = useApp((state) => state.traces.relabelling)
  return (
    <>
      {reading ? (
        <div className={styles.line} role="status">
          <Progress
            label={`${reading.unit === 'rows' ? 'Reading' : 'Sampling'} ${plainText(reading.name, 60)}`}
            of={String(reading.startedAt)}
            value={reading.share}
            detail={`${reading.done.toLocaleString('en')}${
              reading.total === null ? '' : ` of ${reading.total.toLocaleString('en')}`
            } ${reading.unit}`}
            estimate
            onCancel={actions.traces.cancelReading}
          />
        </div>
      ) : null}
      {relabelling ? (
        <div className={styles.line} role="status">
          <Progress
            label="Completing steps"
            of={String(relabelling.startedAt)}
            value={relabelling.total === 0 ? 0 : relabelling.done / relabelling.total}
            detail={`${relabelling.done} of ${relabelling.total} traces`}
            estimate
            onCancel={actions.traces.cancelRelabelling}
          />
        </div>
      ) : null}
    </>
  )
}
