import { useEffect, useState } from 'react'
import { ReadingFields } from '../../panels/reading-fields.tsx'
import { ReadingPreview } from '../../panels/reading-preview.tsx'
import { manifestFile } from '../../search/manifest-file.ts'
import { READINGS } from '../../search/readings.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { ManifestFields } from '../../state/models/engine-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { saveFile } from '../../ui/save-file.ts'
import styles from './reading-section.module.css'

/** How the loaded reward model is read and why; in full, with a sample, where a person wants to see or change it. */
export function ReadingSection({ id }: { id: string }) {
  const actions = useActions()
  const preview = useApp(({ reading }) => (reading.of === 'chosen' && reading.model === id ? reading.preview : null))
  const error = useApp(({ reading }) => (reading.of === 'chosen' ? reading.error : null))
  const [open, setOpen] = useState(false)
  const [known, setKnown] = useState<{ readonly manifest: ManifestFields; readonly reason: string } | null>(null)
  useEffect(() => {
    actions.reading.look('chosen', {})
    return () => actions.reading.close()
  }, [actions])
  // As it is read now: what the fields begin with.
  useEffect(() => {
    if (known !== null || preview === null) return
    const { role, task, prompt, system, stepEnds, reading } = preview.manifest
    const rest = { ...(task === undefined ? {} : { task }), ...(system === undefined ? {} : { system }) }
    setKnown({ manifest: { role, stepEnds, reading, prompt, ...rest }, reason: preview.reason })
  }, [known, preview])
  return (
    <section className={styles.section} aria-labelledby="reading">
      <h3 id="reading" className={styles.heading}>
        How the reward model is read
      </h3>
      {known === null ? (
        error ? (
          <ErrorNotice details={error} />
        ) : (
          <p className={styles.muted}>Looking…</p>
        )
      ) : (
        <KnownReading {...known} />
      )}
      {open && known !== null ? (
        <ReadingEditor
          manifest={known.manifest}
          onApplied={(manifest) => setKnown({ manifest, reason: 'It was chosen here.' })}
          onClose={() => setOpen(false)}
        />
      ) : (
        <>
          <p className={styles.muted}>
            What a reward model is given, and where its score is read, is part of how it was trained. Read in another
            way, a good model gives numbers that mean nothing.
          </p>
          <Button icon="inspect" disabled={known === null} onClick={() => setOpen(true)}>
            Look at its reading
          </Button>
        </>
      )}
    </section>
  )
}

/** What it is called, why it is taken, and what is to be known of it. */
function KnownReading({ manifest, reason }: { manifest: ManifestFields; reason: string }) {
  const { name, caution } = READINGS[manifest.reading?.id ?? 'step-end']
  return (
    <>
      <p>
        {reason.includes(name) ? null : <strong>{name}. </strong>}
        <OutsideText text={reason} />
      </p>
      {caution === undefined ? null : <p className={styles.muted}>{caution}</p>}
      {manifest.reading?.aggregation === 'min' ? (
        <p className={styles.muted}>
          In many process reward models the minimum over a path falls on the final answer, so that “min” is nearly an
          outcome score.
        </p>
      ) : null}
    </>
  )
}

interface ReadingEditorProps {
  /** As the model is read now. */
  manifest: ManifestFields
  onApplied(manifest: ManifestFields): void
  onClose(): void
}

function ReadingEditor({ manifest, onApplied, onClose }: ReadingEditorProps) {
  const actions = useActions()
  const status = useApp((state) => state.reading.status)
  const loading = useApp((state) => state.engine.phase === 'loading')
  const [fields, setFields] = useState<ManifestFields>(manifest)
  const changed = JSON.stringify(fields) !== JSON.stringify(manifest)
  const canChange = actions.reading.canChange()
  // Two language models, read as policies write: nothing of it is to be placed.
  const implicit = fields.reading?.id === 'implicit'
  return (
    <>
      {canChange ? (
        <ReadingFields fields={fields} onChange={setFields} />
      ) : (
        <p className={styles.muted}>It was trained here for this reading, so it is not changed.</p>
      )}
      {implicit ? null : <ReadingPreview of="chosen" fields={fields} />}
      <div className={styles.buttons}>
        {canChange ? (
          <Button
            variant="primary"
            disabled={!changed || loading || (implicit ? !fields.reading?.reference : status !== 'ready')}
            onClick={() => {
              void actions.reading.apply(fields).then((loaded) => {
                if (loaded) onApplied(fields)
              })
            }}
          >
            Read it so
          </Button>
        ) : null}
        <Button icon="download" onClick={() => saveFile('stepscope.json', manifestFile(fields))}>
          Save stepscope.json
        </Button>
        <Button onClick={onClose}>Close</Button>
      </div>
    </>
  )
}
