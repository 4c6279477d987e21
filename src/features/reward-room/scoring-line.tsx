import { plainText } from '../../core/outside-text.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import styles from './lines.module.css'

/** Scoring in the background, or where it stopped. */
export function ScoringLine() {
  const actions = useActions()
  const scoring = useApp((state) => state.traces.scoring)
  if (scoring === null) return null
  const { slot, model, status, done, total, startedAt, error } = scoring
  const name = plainText(model.name, 60)
  const detail = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} traces`
  if (status === 'interrupted') {
    return (
      <div className={styles.line}>
        <ErrorNotice
          details={error ?? { message: `Scoring with ${name} stopped` }}
          onDismiss={actions.traces.cancelScoring}
        >
          <Button onClick={() => void actions.traces.score(slot)}>Go on ({detail})</Button>
        </ErrorNotice>
      </div>
    )
  }
  return (
    <div className={styles.line} role="status">
      <Progress
        label={`${status === 'loading' ? 'Loading' : 'Scoring with'} ${name}`}
        of={String(startedAt)}
        value={status === 'loading' || total === 0 ? null : done / total}
        detail={status === 'loading' ? '' : detail}
        estimate
        onCancel={actions.traces.cancelScoring}
      />
    </div>
  )
}
