import { useState } from 'react'
import { PARAGRAPH_CHARACTERS } from '../../core/outside-text.ts'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { IconButton } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { noSamplesSentence } from './sample-words.ts'
import styles from './training-screen.module.css'

/** Responses to held-out problems, as the model wrote them at one look; older looks can be leafed to. */
export function SampleList({ run }: { run: TrainingRun }) {
  const looks = run.evaluations.filter(({ samples }) => samples.length > 0)
  const [back, setBack] = useState(0)
  const at = Math.max(0, looks.length - 1 - back)
  const look = looks[at]
  return (
    <section className={styles.part} aria-labelledby="samples">
      <div className={styles.partHead}>
        <h3 id="samples" className={styles.heading}>
          Samples
        </h3>
        {look ? (
          <>
            <span className={styles.muted}>after step {look.step}</span>
            <IconButton
              icon="chevronLeft"
              label="Samples of the look before"
              disabled={at === 0}
              onClick={() => setBack(looks.length - at)}
            />
            <IconButton
              icon="chevronRight"
              label="Samples of the look after"
              disabled={at >= looks.length - 1}
              onClick={() => setBack(Math.max(0, looks.length - 2 - at))}
            />
          </>
        ) : null}
      </div>
      {look ? (
        <ul className={styles.samples}>
          {look.samples.map(({ problem, response, correct }) => (
            <li key={`${problem} ${response}`} className={styles.sample}>
              <div className={styles.sampleHead}>
                <code>
                  <OutsideText text={problem} />
                </code>
                {correct === null ? null : <VerdictMark correct={correct} />}
              </div>
              <pre className={styles.response}>
                <OutsideText text={response.trimEnd()} most={PARAGRAPH_CHARACTERS} lines />
              </pre>
            </li>
          ))}
        </ul>
      ) : (
        <p className={styles.muted}>{noSamplesSentence(run)}</p>
      )}
    </section>
  )
}
