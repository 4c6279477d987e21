import { useEffect } from 'react'
import { useActions, useApp } from '../state/hooks.ts'
import type { ManifestFields } from '../state/models/engine-state.ts'
import type { ReadingOf } from '../state/models/reading-state.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { TextField } from '../ui/text-field.tsx'
import { ReadTokens } from '../viz/marks/read-tokens.tsx'
import styles from './reading.module.css'

/** Another model's sample is being looked at. */
const WAITING = { preview: null, status: 'waiting', error: null } as const

/** Tokens, places and scores of a sample, as a model with these fields reads it. */
export function ReadingPreview({ of, fields }: { of: ReadingOf; fields: ManifestFields }) {
  const actions = useActions()
  const { of: shown, sample, ...asked } = useApp((state) => state.reading)
  const { preview, status, error } = shown === of ? asked : WAITING
  // Fields are plain data: another object with the same content is no change.
  const key = JSON.stringify(fields)
  useEffect(() => {
    actions.reading.look(of, JSON.parse(key) as ManifestFields)
  }, [actions, of, key])
  const { problem, steps } = sample
  return (
    <section className={styles.preview} aria-label="What the model is given" aria-busy={status === 'waiting'}>
      <h4 className={styles.title}>What the model is given</h4>
      <div className={styles.sample}>
        <TextField
          label="Sample problem"
          lines={3}
          value={problem}
          onChange={(value) => actions.reading.setSample({ problem: value, steps })}
        />
        <TextField
          label="Sample steps, one a line"
          lines={3}
          value={steps}
          onChange={(value) => actions.reading.setSample({ problem, steps: value })}
        />
      </div>
      {status === 'failed' && error ? <ErrorNotice details={error} /> : null}
      {preview && status !== 'failed' ? (
        <>
          <ReadTokens tokens={preview.tokens} positions={preview.positions} scores={preview.scores} />
          <p className={styles.muted}>
            {preview.tokens.length} tokens, read at{' '}
            {preview.positions.length === 0 ? 'none' : preview.positions.join(', ')}
            {preview.scores === null ? '. Scores are shown once it is loaded with this head.' : '.'}
          </p>
        </>
      ) : null}
    </section>
  )
}
