import { useState } from 'react'
import type { Slot, Trace } from '../../state/traces/traces-state.ts'
import { SLOTS } from '../../state/traces/traces-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { SlotName } from './slot-choice.tsx'
import styles from './trace-picture.module.css'
import type { Room } from './use-room.ts'
import { useStepScores } from './use-step-scores.ts'

/** The steps as they can be rewritten: both models' scores follow, before → after. The trace itself stays as it is. */
export function StepEditor({ room, trace }: { room: Room; trace: Trace }) {
  const original = trace.steps.map((step) => step.trimEnd())
  const [steps, setSteps] = useState<readonly string[]>(original)
  const slots = SLOTS.filter((slot) => room.scoresOf(slot, trace) !== null)
  const edited = steps.length !== original.length || steps.some((step, index) => step !== original[index])
  const { scores, busy, error } = useStepScores(trace.key, slots, edited && slots.length > 0 ? steps : null)
  const firstEdit = steps.findIndex((step, index) => step !== original[index])
  if (slots.length === 0) return <p className={styles.hint}>The trace has no scores yet.</p>
  return (
    <div className={styles.editor} aria-busy={busy}>
      <ol className={styles.fields}>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place; its text is what is edited
          <li key={index} className={styles.field}>
            <span className={styles.place}>{index + 1}</span>
            <textarea
              className={styles.input}
              aria-label={`Text of step ${index + 1}`}
              value={step}
              rows={Math.min(6, Math.max(1, Math.ceil(step.length / 60), step.split('\n').length))}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setSteps(steps.with(index, event.target.value))}
            />
            <span className={styles.moved}>
              {slots.map((slot, at) => (
                <Moved
                  key={slot}
                  slot={slot}
                  before={room.scoresOf(slot, trace)?.[index] ?? null}
                  after={
                    !edited || (firstEdit >= 0 && index < firstEdit)
                      ? undefined
                      : busy
                        ? null
                        : (scores?.[at]?.[index] ?? null)
                  }
                />
              ))}
            </span>
            <span className={styles.tools}>
              <IconButton
                icon="plus"
                label={`Insert a step after ${index + 1}`}
                onClick={() => setSteps(steps.toSpliced(index + 1, 0, ''))}
              />
              <IconButton
                icon="trash"
                label={`Remove step ${index + 1}`}
                disabled={steps.length === 1}
                onClick={() => setSteps(steps.toSpliced(index, 1))}
              />
            </span>
          </li>
        ))}
      </ol>
      {error ? <ErrorNotice details={error} /> : null}
      <p className={styles.hint} aria-live="polite">
        {busy
          ? 'Reading the edited steps…'
          : edited
            ? 'Before → after, by step number.'
            : 'Change a step, and the scores follow.'}
      </p>
      <div>
        <Button icon="restart" disabled={!edited} onClick={() => setSteps(original)}>
          Undo edits
        </Button>
      </div>
    </div>
  )
}

/** @param after undefined where the score cannot have changed; null while it is unknown */
function Moved({ slot, before, after }: { slot: Slot; before: number | null; after: number | null | undefined }) {
  return (
    <span>
      <SlotName slot={slot} /> {formatScore(before)}
      {after === undefined ? '' : ` → ${after === null ? '…' : formatScore(after)}`}
    </span>
  )
}
