import { useEffect } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { isUnderWay, unsavedWords } from '../../state/training/training-view.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatBytes } from '../../viz/layout/format-number.ts'
import styles from './stored-section.module.css'

/** Training runs of this browser, whose last saves are models: their size, and how to free it. */
export function TrainedSection() {
  const actions = useActions()
  const runs = useApp((state) => state.training.runs)
  const loading = useApp((state) => state.engine.phase === 'loading')
  useEffect(() => {
    void actions.training.refresh()
  }, [actions])
  if (runs.length === 0) return null
  const bytes = runs.reduce((sum, run) => sum + run.storedBytes, 0)
  return (
    <section className={styles.section} aria-labelledby="trained">
      <h3 id="trained" className={styles.heading}>
        Trained on this device
      </h3>
      <p className={styles.muted}>
        The last save of each training run can be used like any model. {formatBytes(bytes)} in all, optimizer states
        included.
      </p>
      <ul className={styles.list} aria-label="Trained models">
        {runs.map((run) => (
          <li key={run.id} className={styles.item}>
            <span className={styles.name}>
              <OutsideText text={run.title} />
            </span>
            <p className={styles.muted}>
              {unsavedWords(run) ?? `Step ${run.savedStep} of ${run.recipe.steps}`}, from{' '}
              <OutsideText text={run.models.model.name} /> · {formatBytes(run.storedBytes)}
              {isUnderWay(run) || run.elsewhere ? ' · under way' : ''}
            </p>
            <div className={styles.buttons}>
              <Button disabled={run.savedStep === null || loading} onClick={() => void actions.training.use(run.id)}>
                Use
              </Button>
              <Button
                onClick={() => {
                  void actions.training.select(run.id)
                  location.hash = '#/train'
                }}
              >
                Show its charts
              </Button>
              {isUnderWay(run) || run.elsewhere ? null : (
                <Confirm
                  label="Delete"
                  name={run.title}
                  question={`Free ${formatBytes(run.storedBytes)}? The run, its charts and its model go.`}
                  onConfirm={() => void actions.training.remove(run.id)}
                />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
