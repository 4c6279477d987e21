import { useId, useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import type { RemotePlan } from '../../state/models/downloads-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { formatBytes, formatNumber } from '../../viz/layout/format-number.ts'
import styles from './stored-section.module.css'

/** A model by its hub id or its address: what it is, before any weight is fetched; then the download. */
export function AddRemoteForm({ onClose }: { onClose(): void }) {
  const actions = useActions()
  const offer = useApp((state) => state.downloads.offer)
  const [typed, setTyped] = useState('')
  const [revision, setRevision] = useState('')
  const heading = useId()
  const close = () => {
    actions.downloads.dismissOffer()
    onClose()
  }
  const host = hostOf(typed)
  return (
    <form
      className={styles.add}
      aria-labelledby={heading}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close()
      }}
      onSubmit={(event) => {
        event.preventDefault()
        void actions.downloads.inspect(typed, revision)
      }}
    >
      <h3 id={heading} className={styles.heading}>
        Add a model from the hub or a URL
      </h3>
      <div className={styles.fields}>
        <TextField
          label="Model"
          mono
          autoFocus
          placeholder="owner/name"
          hint="An id on huggingface.co, or the address of a folder with config.json and safetensors."
          value={typed}
          onChange={(text) => {
            setTyped(text)
            if (offer) actions.downloads.dismissOffer()
          }}
        />
        <TextField
          label="Revision"
          mono
          placeholder="main"
          hint="Branch, tag or commit; the hub only."
          value={revision}
          onChange={(text) => {
            setRevision(text)
            if (offer) actions.downloads.dismissOffer()
          }}
        />
      </div>
      <p className={styles.muted}>
        Looking contacts <strong>{host}</strong>, which sees your address and the model’s name, as with any page you
        open. Nothing else is sent: no problems, no runs, no cookies.
      </p>
      {offer?.status === 'failed' && offer.error ? <ErrorNotice details={offer.error} /> : null}
      {offer?.plan ? <Offer plan={offer.plan} /> : null}
      <div className={styles.buttons}>
        {offer?.plan ? (
          <Start plan={offer.plan} onStart={onClose} />
        ) : (
          <Button
            variant="primary"
            icon="inspect"
            type="submit"
            disabled={typed.trim() === '' || offer?.status === 'looking'}
          >
            {offer?.status === 'looking' ? 'Looking…' : 'Look at it'}
          </Button>
        )}
        <Button onClick={close}>{offer?.status === 'looking' ? 'Cancel' : 'Close'}</Button>
      </div>
    </form>
  )
}

/** What the server has, whether the engine can use it, and whether it fits. */
function Offer({ plan }: { plan: RemotePlan }) {
  const free = useFree()
  const { summary, refused, bytes } = plan
  const fits = fitsIn(free, plan)
  const stored = plan.stored === 'complete'
  return (
    <div className={styles.offer}>
      <dl className={styles.facts}>
        <Fact name="Model" value={plan.id} />
        {plan.listing.commit ? <Fact name="Commit" value={plan.listing.commit.slice(0, 12)} /> : null}
        {summary ? (
          <Fact
            name="What it is"
            value={`${summary.family}, ${summary.role === 'policy' ? 'a policy' : 'a process reward model'}, ${formatNumber(summary.parameters)} parameters`}
          />
        ) : null}
        <Fact
          name="Download"
          value={`${bytes === null ? 'size not told' : formatBytes(bytes)} in ${plan.listing.files.length} files`}
        />
        {free === null ? null : <Fact name="Free here" value={formatBytes(free)} />}
      </dl>
      {refused ? <ErrorNotice details={refused} /> : null}
      {summary && summary.missing.length > 0 ? (
        <p className={styles.muted}>
          It has no stepscope.json that says how to use it: task and step end will be asked when it is loaded.
        </p>
      ) : null}
      {summary && !fits ? (
        <ErrorNotice
          tone="caution"
          details={{
            message: 'There is not enough space for it on this device',
            expected: formatBytes(bytes ?? 0),
            found: `${formatBytes(free ?? 0)} free`,
            nextStep: 'Delete models or runs below, or free space on the disk.',
          }}
        />
      ) : null}
      {summary && !plan.keeps ? (
        <ErrorNotice
          tone="caution"
          details={{
            message: 'This browser keeps no files for pages (private windows may not)',
            nextStep: 'The model can be used all the same; it is read over the network each time it is loaded.',
          }}
        />
      ) : null}
      {stored ? <p>It is on this device already: choose it in the list below.</p> : null}
    </div>
  )
}

/** The button that begins, where there is something to begin. */
function Start({ plan, onStart }: { plan: RemotePlan; onStart(): void }) {
  const actions = useActions()
  const fits = fitsIn(useFree(), plan)
  if (!plan.summary || plan.stored === 'complete') return null
  const start = (begin: () => Promise<void>) => () => {
    onStart()
    void begin()
  }
  return plan.keeps ? (
    <Button variant="primary" icon="download" autoFocus disabled={!fits} onClick={start(actions.downloads.download)}>
      {plan.stored === null ? 'Download' : 'Resume the download'}
    </Button>
  ) : (
    <Button variant="primary" autoFocus onClick={start(actions.downloads.loadUnkept)}>
      Load without keeping
    </Button>
  )
}

/** Bytes that this site may still keep; null where the browser does not say. */
function useFree(): number | null {
  const space = useApp((state) => state.downloads.space)
  return space === null ? null : Math.max(0, space.quota - space.usage)
}

function fitsIn(free: number | null, { bytes }: RemotePlan): boolean {
  return bytes === null || free === null || bytes <= free
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <OutsideText text={value} />
      </dd>
    </div>
  )
}

function hostOf(typed: string): string {
  try {
    return new URL(typed.trim()).host || 'huggingface.co'
  } catch {
    return 'huggingface.co'
  }
}
