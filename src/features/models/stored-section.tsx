import { useEffect } from 'react'
import { plainText } from '../../core/outside-text.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { StoredModel, Transfer } from '../../state/models/downloads-state.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Progress } from '../../ui/progress.tsx'
import { formatBytes, formatDuration } from '../../viz/layout/format-number.ts'
import styles from './stored-section.module.css'

/** Everything that this browser keeps for the app: models with their files, runs, space; and how to free it. */
export function StoredSection() {
  const actions = useActions()
  const { status, error, models, unreadable, others, transfers, runs } = useApp((state) => state.downloads)
  useEffect(() => {
    void actions.downloads.refresh()
  }, [actions])
  const listed = new Set(models.map(({ id }) => id))
  // A download shows from its first moment, before its journal is listed.
  const starting = Object.entries(transfers).filter(([id]) => !listed.has(id))
  const empty = models.length + unreadable.length + others.length + starting.length === 0
  const bytes = [...models.map(({ storedBytes }) => storedBytes), ...others.map((other) => other.bytes)].reduce(
    (total, part) => total + part,
    0,
  )
  return (
    <section className={styles.section} aria-labelledby="stored">
      <div className={styles.top}>
        <h3 id="stored" className={styles.heading}>
          Stored on this device
        </h3>
        {models.length + others.length > 1 ? (
          <Confirm
            label="Delete all models"
            question={`Delete ${models.length + others.length} models (${formatBytes(bytes)})? Getting them back takes a download.`}
            onConfirm={() => void actions.downloads.removeAll()}
          />
        ) : null}
      </div>
      <Space />
      {status === 'failed' && error ? (
        <ErrorNotice details={error}>
          <Button onClick={() => void actions.downloads.refresh()}>Look again</Button>
        </ErrorNotice>
      ) : null}
      {status === 'loading' ? <p className={styles.muted}>Looking…</p> : null}
      {status === 'ready' && empty ? (
        <EmptyState icon="download" title="No downloaded models">
          Models added from the hub or a URL are kept here, work offline, and can be deleted.
        </EmptyState>
      ) : null}
      <ul className={styles.list} aria-label="Downloaded models">
        {starting.map(([id, transfer]) => (
          <li key={id} className={styles.item}>
            <span className={styles.name}>
              <OutsideText text={id} />
            </span>
            <TransferBar id={id} transfer={transfer} />
          </li>
        ))}
        {models.map((model) => (
          <Stored key={model.id} model={model} />
        ))}
        {unreadable.map((id) => (
          <li key={id} className={styles.item}>
            <span className={styles.name}>
              <OutsideText text={id} />
            </span>
            <p className={styles.state} data-state="corrupt">
              What was noted of it cannot be read; it can only be deleted.
            </p>
            <Confirm label="Delete" name={id} onConfirm={() => void actions.downloads.remove(id)} />
          </li>
        ))}
        {others.map(({ repo: id, bytes: size, files }) => (
          <li key={`onnx ${id}`} className={styles.item}>
            <span className={styles.name}>
              <OutsideText text={id} />
            </span>
            <p className={styles.muted}>
              ONNX, for Transformers.js · {formatBytes(size)} in {files} {files === 1 ? 'file' : 'files'}
            </p>
            <Confirm label="Delete" name={id} onConfirm={() => void actions.downloads.removeOther(id)} />
          </li>
        ))}
      </ul>
      {runs ? (
        <p className={styles.muted}>
          Beside the models: {runs.count} saved {runs.count === 1 ? 'run' : 'runs'}, about {formatBytes(runs.bytes)}{' '}
          (see the Runs screen).
        </p>
      ) : null}
    </section>
  )
}

function Space() {
  const space = useApp((state) => state.downloads.space)
  const persisted = useApp((state) => state.downloads.persisted)
  const stored = useApp((state) => state.downloads.models.length > 0)
  if (!space) return null
  return (
    <div className={styles.space}>
      <meter
        className={styles.meter}
        aria-label="Space used"
        min={0}
        max={space.quota}
        high={space.quota * 0.9}
        value={space.usage}
      />
      <p className={styles.muted}>
        {formatBytes(space.usage)} of {formatBytes(space.quota)} that this browser grants, the app itself included.{' '}
        {persisted === true ? 'The browser has promised not to clear it by itself.' : null}
        {persisted === false && stored
          ? 'The browser has not promised to keep it: it may clear it when the disk runs full.'
          : null}
      </p>
    </div>
  )
}

function Stored({ model }: { model: StoredModel }) {
  const actions = useActions()
  const transfer = useApp((state) => state.downloads.transfers[model.id] ?? null)
  const failure = useApp((state) => state.downloads.failures[model.id] ?? null)
  const busyElsewhere = model.busy && transfer === null
  const { id, state } = model
  return (
    <li className={styles.item}>
      <span className={styles.name}>
        <OutsideText text={id} />
      </span>
      <p className={styles.state} data-state={state}>
        {wordsOf(model)}
      </p>
      <p className={styles.muted}>
        <OutsideText text={model.family} /> {model.role === 'policy' ? 'policy' : 'reward model'} from{' '}
        <OutsideText text={model.host} />
        {model.commit ? ` at ${model.commit.slice(0, 7)}` : ''} · added {day(model.addedAt)} ·{' '}
        {model.lastUsed ? `used ${day(model.lastUsed)}` : 'not used yet'}
      </p>
      {transfer ? <TransferBar id={id} transfer={transfer} /> : null}
      {busyElsewhere ? <p className={styles.muted}>Another tab is downloading or checking it.</p> : null}
      {failure && !transfer ? <ErrorNotice details={failure} /> : null}
      <details className={styles.files}>
        <summary>
          {model.files.length} files, {formatBytes(model.storedBytes)}
        </summary>
        <table>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Size</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {model.files.map((file) => (
              <tr key={file.name}>
                <th scope="row">
                  <OutsideText text={file.name} />
                </th>
                <td>{formatBytes(file.size ?? file.storedBytes)}</td>
                <td>{fileWords(file)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      {transfer || busyElsewhere ? null : (
        <div className={styles.buttons}>
          {state === 'partial' ? (
            <Button icon="download" onClick={() => void actions.downloads.resume(id)}>
              Resume
            </Button>
          ) : null}
          {state === 'corrupt' ? (
            <Button icon="download" onClick={() => void actions.downloads.resume(id)}>
              Fetch the damaged part again
            </Button>
          ) : null}
          {state === 'partial' ? null : (
            <Button icon="check" onClick={() => void actions.downloads.check(id)}>
              Check
            </Button>
          )}
          <Confirm
            label={state === 'partial' ? 'Discard' : 'Delete'}
            name={id}
            question={`Free ${formatBytes(model.storedBytes)}? Getting it back takes a download.`}
            onConfirm={() => void actions.downloads.remove(id)}
          />
        </div>
      )}
    </li>
  )
}

function TransferBar({ id, transfer }: { id: string; transfer: Transfer }) {
  const actions = useActions()
  const { kind, file, loadedBytes, totalBytes, bytesPerSecond } = transfer
  const left = totalBytes === null || bytesPerSecond <= 0 ? null : (totalBytes - loadedBytes) / bytesPerSecond
  const detail = [
    totalBytes === null ? formatBytes(loadedBytes) : `${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}`,
    bytesPerSecond > 0 ? `${formatBytes(bytesPerSecond)}/s` : null,
    left !== null && left >= 1 ? `about ${formatDuration(Math.round(left) * 1000)} left` : null,
  ]
    .filter((part) => part !== null)
    .join(' · ')
  return (
    <Progress
      label={`${kind === 'check' ? 'Checking' : 'Downloading'} ${file}`.trim()}
      value={totalBytes === null || totalBytes === 0 ? null : loadedBytes / totalBytes}
      detail={detail}
      onCancel={() => actions.downloads.cancel(id)}
    />
  )
}

function wordsOf({ state, files, storedBytes, totalBytes, checkedAt }: StoredModel): string {
  if (state === 'partial') {
    return `Unfinished: ${formatBytes(storedBytes)}${totalBytes === null ? '' : ` of ${formatBytes(totalBytes)}`}`
  }
  if (state === 'corrupt') {
    const bad = files.filter((file) => file.state === 'corrupt' || file.state === 'cut').map(({ name }) => name)
    return `Damaged: ${bad.map((name) => plainText(name)).join(', ')}`
  }
  const against = files.some(({ verified }) => verified === 'listed') ? 'equal to the hub’s' : 'as downloaded'
  return `${formatBytes(storedBytes)}, complete; SHA-256 ${against}${checkedAt ? `, checked ${day(checkedAt)}` : ''}`
}

function fileWords({ state, verified, storedBytes, size }: StoredModel['files'][number]): string {
  if (state === 'corrupt') return 'differs: damaged'
  if (state === 'cut') return `damaged: ${formatBytes(storedBytes)} are there`
  if (state === 'partial')
    return storedBytes === 0 ? 'to be fetched' : `${formatBytes(storedBytes)} of ${formatBytes(size ?? 0)}`
  return verified === 'listed' ? 'equal to the hub’s' : 'recorded'
}

/** `24 Nov 2026`, in the reader's time zone. */
function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
}
