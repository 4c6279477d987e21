import { FreeText } from '../../panels/response-text.tsx'
import { useApp } from '../../state/hooks.ts'
import type { StepLabel } from '../../state/traces/traces-state.ts'
import { SLOTS } from '../../state/traces/traces-state.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ScoreBar } from '../../viz/marks/score-bar.tsx'
import styles from './trace-picture.module.css'
import type { Room } from './use-room.ts'

/** The selected trace, step by step. */
export function TracePicture({ room }: { room: Room }) {
  const selected = useApp((state) => state.traces.selected)
  const trace = room.traces.find(({ key }) => key === selected)
  if (!trace) {
    return (
      <EmptyState icon="inspect" title="No trace is open">
        <p>Choose one in the list, or in the heatmap.</p>
      </EmptyState>
    )
  }
  const truth = room.truthOf(trace)
  const firstError = truth?.firstError ?? null
  return (
    <article className={styles.trace} aria-label="Trace">
      <p className={styles.problem}>
        <FreeText text={trace.problem} />
      </p>
      <ol className={styles.steps}>
        {trace.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps of one trace have no other identity
          <li key={index} className={styles.step}>
            <FreeText text={step} />
            <span className={styles.scores}>
              {SLOTS.map((slot) => {
                const scores = room.scoresOf(slot, trace)
                return scores ? (
                  <ScoreBar key={slot} score={scores[index] ?? null} label={`score of model ${slot.toUpperCase()}`} />
                ) : null
              })}
            </span>
            <span className={styles.label}>{labelWords(truth?.steps?.[index] ?? null, index, firstError)}</span>
          </li>
        ))}
      </ol>
    </article>
  )
}

/** Steps behind the first wrong one are neither right nor wrong. */
function labelWords(label: StepLabel, index: number, firstError: number | null): string {
  if (firstError !== null && firstError >= 0 && index > firstError) return 'behind the first wrong step'
  if (firstError === index) return 'first wrong step'
  if (label === 'neutral') return 'neutral'
  if (label === null) return firstError === null ? '' : 'right'
  return label >= 0.5 ? 'right' : 'wrong'
}
