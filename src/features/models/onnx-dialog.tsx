import { useState } from 'react'
import { firstFields, PromptField, StepEndField, TaskField } from '../../panels/manifest-fields.tsx'
import { deviceName } from '../../panels/model-engine.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { OnnxDevice, OnnxDtype, OnnxSummary } from '../../state/models/onnx-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { formatBytes, formatNumber } from '../../viz/layout/format-number.ts'
import styles from './models-screen.module.css'

/** Where an ONNX model is, then how it shall run. */
export function OnnxDialog() {
  const actions = useActions()
  const { status, summary, error, origin } = useApp((state) => state.onnx)
  return (
    <section className={styles.folder} aria-label="Add an ONNX model">
      <h3 className={styles.heading}>Add an ONNX model</h3>
      <p>
        An ONNX checkpoint of a causal language model becomes a policy on Transformers.js. It comes from a folder
        (config.json, tokenizer.json, onnx/) or from the Hugging Face hub.
      </p>
      <OriginFields busy={status === 'asking' || status === 'loading'} />
      {status === 'asking' ? (
        <p className={styles.muted} role="status">
          {origin?.hub ? 'Asking huggingface.co…' : 'Reading the folder…'}
        </p>
      ) : null}
      {error ? <ErrorNotice details={error} /> : null}
      {summary ? <RunFields key={summary.name} summary={summary} loading={status === 'loading'} /> : null}
      <div className={styles.buttons}>
        {status === 'loading' ? (
          <Button onClick={actions.engine.cancelLoad}>Cancel</Button>
        ) : (
          <Button onClick={actions.onnx.close}>Close</Button>
        )}
      </div>
    </section>
  )
}

function OriginFields({ busy }: { busy: boolean }) {
  const actions = useActions()
  const [repo, setRepo] = useState('')
  const [revision, setRevision] = useState('main')
  return (
    <>
      <div className={styles.buttons}>
        <FileButton
          icon="open"
          label="Choose an ONNX folder"
          folder
          onPick={({ files, folder }) => actions.onnx.chooseFolder(folder ?? 'chosen folder', files)}
        >
          Choose an ONNX folder
        </FileButton>
      </div>
      <form
        className={styles.fields}
        aria-label="Model on the hub"
        onSubmit={(event) => {
          event.preventDefault()
          void actions.onnx.lookUp(repo.trim(), revision.trim() || 'main')
        }}
      >
        <TextField label="Repository" mono hint="owner/name on huggingface.co" value={repo} onChange={setRepo} />
        <TextField label="Revision" mono hint="Branch, tag or commit." value={revision} onChange={setRevision} />
        <div>
          <Button type="submit" disabled={busy || repo.trim() === ''}>
            Look it up on huggingface.co
          </Button>
          <p className={styles.muted}>This contacts huggingface.co and its file hosts (hf.co), and no other.</p>
        </div>
      </form>
    </>
  )
}

function RunFields({ summary, loading }: { summary: OnnxSummary; loading: boolean }) {
  const actions = useActions()
  const [dtype, setDtype] = useState(summary.suggested.dtype)
  const [device, setDevice] = useState<OnnxDevice>(summary.suggested.device)
  const [fields, setFields] = useState(() => firstFields(summary.manifest, summary.chat))
  const devices: readonly OnnxDevice[] = summary.webgpu ? ['wasm', 'webgpu'] : ['wasm']
  const variant = summary.variants.find((found) => found.dtype === dtype)
  const lacksF16 = device === 'webgpu' && variant?.f16 === true && !summary.f16
  return (
    <form
      className={styles.folder}
      aria-label="How it runs"
      onSubmit={(event) => {
        event.preventDefault()
        void actions.onnx.add({ dtype, device, fields })
      }}
    >
      <p>
        <OutsideText text={summary.name} />: <OutsideText text={summary.family} />, about{' '}
        {formatNumber(summary.parameters)} parameters.
      </p>
      <div className={styles.fields}>
        <Select<OnnxDtype>
          label="Precision"
          hint="Smaller ones are faster to fetch and less exact."
          value={dtype}
          options={summary.variants.map(({ dtype: value, bytes }) => ({
            value,
            label: `${value}, ${formatBytes(bytes)}`,
          }))}
          onChange={setDtype}
        />
        <Select<OnnxDevice>
          label="Device"
          hint={summary.webgpu ? 'WASM runs on the processor.' : 'This browser offers no WebGPU adapter.'}
          value={device}
          options={devices.map((value) => ({ value, label: deviceName(value) }))}
          onChange={setDevice}
        />
        <TaskField fields={fields} onChange={setFields} />
        <PromptField fields={fields} chat={summary.chat} onChange={setFields} />
        <StepEndField fields={fields} onChange={setFields} />
      </div>
      {lacksF16 ? (
        <p role="status">
          This adapter does not compute in f16, which {dtype} needs: choose another precision, or WASM.
        </p>
      ) : null}
      <div className={styles.buttons}>
        <Button variant="primary" type="submit" disabled={loading || lacksF16 || fields.stepEnds?.length === 0}>
          {loading ? 'Loading…' : 'Load it as the policy'}
        </Button>
      </div>
    </form>
  )
}
