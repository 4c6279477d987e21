import { describeError } from '../../core/errors.ts'
import { PARAGRAPH_CHARACTERS } from '../../core/outside-text.ts'
import type { TrainingEntry, TrainingRun } from '../../state/training/training-state.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatNumber } from '../../viz/layout/format-number.ts'
import styles from './training-screen.module.css'

/** Lines that are shown, the newest. */
const LINES = 100

/** What happened besides steps, newest first. */
export function RunLog({ run }: { run: TrainingRun }) {
  const lines = run.log.slice(-LINES).toReversed()
  return (
    <section className={styles.part} aria-labelledby="log">
      <div className={styles.partHead}>
        <h3 id="log" className={styles.heading}>
          Log
        </h3>
        <span className={styles.muted}>{run.adapter ?? ''}</span>
      </div>
      {lines.length === 0 ? <p className={styles.muted}>Nothing yet.</p> : null}
      <ol className={styles.log}>
        {lines.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two things may happen at the same time; a line is its place from the newest
          <li key={`${entry.at} ${lines.length - index}`}>
            <time dateTime={entry.at}>{new Date(entry.at).toLocaleTimeString('en-GB')}</time>
            <OutsideText text={wordsOf(entry.event)} most={PARAGRAPH_CHARACTERS} lines />
          </li>
        ))}
      </ol>
    </section>
  )
}

function wordsOf(event: TrainingEntry['event']): string {
  switch (event.type) {
    case 'started':
      return event.step === 1
        ? `Started: ${formatNumber(event.trainedWeights)} weights in training`
        : `Went on at step ${event.step}`
    case 'skipped':
      return `The save of step ${event.step} is not whole (${event.reason}): going on from step ${event.from}`
    case 'phase':
      return event.done < event.total
        ? `${event.name}: ${formatNumber(event.done)} of ${formatNumber(event.total)}`
        : `${event.name}: ${formatNumber(event.total)} done`
    case 'step':
      return `Step ${event.step}`
    case 'evaluated':
      return `Looked at held-out problems after step ${event.step}`
    case 'saved':
      return `Saved at step ${event.step}`
    case 'finished':
      return 'Finished'
    case 'ended':
      if (event.status === 'failed') return event.error ? describeError(event.error) : 'Stopped by an error'
      return event.status === 'stopped' ? 'Stopped' : 'Finished'
  }
}
