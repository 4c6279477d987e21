import { useState } from 'react'
import { BACKEND_NAMES } from '../../core/backends.ts'
import { FolderForm } from '../../panels/folder-form.tsx'
import { LoadProgress } from '../../panels/load-progress.tsx'
import { useActions, useApp } from '../../state/hooks.ts'
import { BUNDLED_CHOICES } from '../../state/models/bundled-models.ts'
import type { ArithmeticChoice, BackendChoice, WeightChoice } from '../../state/models/engine-state.ts'
import { choiceWords, loadedName } from '../../state/models/model-names.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Select } from '../../ui/select.tsx'
import { formatBytes, formatNumber } from '../../viz/layout/format-number.ts'
import { AddRemoteForm } from './add-remote-form.tsx'
import type { ListedModel } from './model-list.tsx'
import { ModelList } from './model-list.tsx'
import styles from './models-screen.module.css'
import { OnnxDialog } from './onnx-dialog.tsx'
import { ReadingSection } from './reading-section.tsx'
import { StoredSection } from './stored-section.tsx'
import { TrainedSection } from './trained-section.tsx'

const BACKENDS: readonly { readonly value: BackendChoice; readonly label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: BACKEND_NAMES.webgpu },
  { value: 'wasm', label: BACKEND_NAMES.wasm },
  { value: 'cpu', label: BACKEND_NAMES.cpu },
]

const ARITHMETICS: readonly { readonly value: ArithmeticChoice; readonly label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'strict', label: 'Strict' },
  { value: 'fused', label: 'Fused' },
]

const WEIGHTS: readonly { readonly value: WeightChoice; readonly label: string; readonly hint: string }[] = [
  { value: 'auto', label: 'Automatic', hint: 'f32 for small models, f16 where f32 would take more than 256 MiB.' },
  { value: 'f32', label: 'f32', hint: 'Exactly as stored, four bytes a weight.' },
  { value: 'f16', label: 'f16', hint: 'Half the memory; exact for most checkpoints, which are stored in 16 bits.' },
  { value: 'int8', label: 'int8', hint: 'A quarter of the memory; scores move in the third decimal.' },
  { value: 'int4', label: 'int4', hint: 'A sixth of the memory; many responses differ from those of f32.' },
]

/** Policy and reward model: what is loaded, what can be, and your own folders. */
export function ModelsScreen() {
  const actions = useActions()
  const { folder, error, phase, backend, arithmetic, status } = useApp((state) => state.engine)
  const addingOnnx = useApp((state) => state.onnx.status !== 'closed')
  const [adding, setAdding] = useState(false)
  // An implicit reward model is two models, read as policies are.
  const reads = useApp(({ engine }) =>
    engine.models?.reward && !engine.models.reward.choices?.['implicit reward'] ? engine.models.reward.id : null,
  )
  return (
    <div className={styles.screen}>
      <header className={styles.header}>
        <h2 className={styles.title}>Models</h2>
        <p className={styles.lead}>
          A policy proposes steps, a process reward model scores them. Drop a Hugging Face folder anywhere to use your
          own: Llama, Mistral, Qwen2 or Qwen3, with config.json, tokenizer.json and safetensors. It stays in this
          browser.
        </p>
        <div className={styles.buttons}>
          <Button icon="download" aria-expanded={adding} onClick={() => setAdding(!adding)}>
            Add from the hub or a URL
          </Button>
          <FileButton
            icon="open"
            label="Choose a model folder"
            folder
            onPick={async ({ files, folder: name }) => {
              await actions.models.openFolder(name ?? 'chosen folder', files)
            }}
          >
            Choose a folder
          </FileButton>
          <Button disabled={addingOnnx} onClick={actions.onnx.open}>
            Add an ONNX model
          </Button>
        </div>
      </header>

      {addingOnnx ? <OnnxDialog /> : null}
      {adding ? <AddRemoteForm onClose={() => setAdding(false)} /> : null}
      <LoadProgress />
      {error ? (
        <ErrorNotice details={error}>
          {phase === 'failed' || phase === 'lost' ? (
            <Button icon="restart" onClick={() => void actions.engine.load()}>
              Load again
            </Button>
          ) : null}
        </ErrorNotice>
      ) : null}
      {folder ? <FolderForm key={folder.name} folder={folder} /> : null}

      <div className={styles.columns}>
        <RoleColumn model="policy" title="Policy" />
        <RoleColumn model="reward" title="Reward model" />
      </div>

      {reads ? <ReadingSection key={reads} id={reads} /> : null}

      <TrainedSection />

      <StoredSection />

      <section className={styles.machine} aria-labelledby="machine">
        <h3 id="machine" className={styles.heading}>
          Where they run
        </h3>
        <Segmented
          label="Backend"
          value={backend}
          options={BACKENDS}
          disabled={phase === 'loading'}
          onChange={(next) => void actions.engine.setBackend(next)}
        />
        <p className={styles.muted}>
          Automatic takes WebGPU on a graphics card, else WebAssembly on the CPU, else plain TypeScript. All give the
          same tokens up to ties.
        </p>
        <Segmented
          label="Arithmetic of WebAssembly"
          value={arithmetic}
          options={ARITHMETICS}
          disabled={phase === 'loading' || backend === 'webgpu' || backend === 'cpu'}
          onChange={(next) => void actions.engine.setArithmetic(next)}
        />
        <p className={styles.muted}>
          Arithmetic of WebAssembly. Strict gives the same bits on every machine, so that a link shows everybody the
          same tree; it keeps Automatic from graphics cards. Fused is faster where the processor can.
        </p>
        {status ? (
          <table className={styles.bytes}>
            <caption className={styles.muted}>
              {status.adapter}
              {status.backend === 'webgpu' && status.software ? ', a software adapter' : ''}:{' '}
              {formatBytes(Object.values(status.bytes).reduce((sum, part) => sum + part, 0))} in use
            </caption>
            <tbody>
              {Object.entries(status.bytes).map(([purpose, bytes]) => (
                <tr key={purpose}>
                  <th scope="row">{purpose}</th>
                  <td>{formatBytes(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : null}
      </section>
    </div>
  )
}

function RoleColumn({ model: role, title }: { model: 'policy' | 'reward'; title: string }) {
  const actions = useActions()
  const chosen = useApp((state) => state.engine[role])
  const info = useApp((state) => state.engine.models?.[role] ?? null)
  const against = useApp(({ engine }) => {
    const text = engine.models?.[role]?.choices?.['implicit reward']
    return text && choiceWords(text, engine)
  })
  const name = useApp(({ engine }) => {
    const id = engine.models?.[role]?.id
    return id === undefined ? null : loadedName(id, engine)
  })
  const local = useApp((state) => state.engine.ownModels)
  const weights = useApp((state) => state.engine.weights[role])
  const loading = useApp((state) => state.engine.phase === 'loading')
  const models: ListedModel[] = [
    ...BUNDLED_CHOICES[role].map((model) => ({ ...model, bytes: null })),
    ...local.filter((model) => (model.role === 'policy') === (role === 'policy')),
  ]
  return (
    <section className={styles.column} aria-label={title}>
      <h3 className={styles.heading}>{title}</h3>
      {info ? (
        <dl className={styles.facts}>
          <Fact name="Loaded" value={name ?? info.id} />
          <Fact name="Family" value={info.family} />
          <Fact name="Parameters" value={formatNumber(info.parameters)} />
          {info.weights === undefined ? null : <Fact name="Weights in memory" value={info.weights} />}
          <Fact name="Context" value={`${formatNumber(info.contextLength)} tokens`} />
          {'aggregation' in info ? <Fact name="Path score" value={String(info.aggregation)} /> : null}
          <Fact name="Weights’ hash" value={info.hash} />
          {info.choices?.reading === undefined ? null : <Fact name="Read as" value={info.choices.reading} />}
          {against ? <Fact name="Implicit reward" value={against} /> : null}
        </dl>
      ) : (
        <p className={styles.muted}>
          {loading
            ? 'Loading…'
            : chosen === null
              ? 'None: greedy decoding and majority votes do without one.'
              : 'None loaded.'}
        </p>
      )}
      <ModelList
        label={`${title}: models to choose from`}
        models={models}
        chosen={chosen}
        disabled={loading}
        onChoose={(model) => void actions.models.chooseModel(role, model)}
        onForget={(model) => void actions.models.forgetOwn(model.id)}
      />
      {role === 'reward' && chosen !== null ? (
        <Button disabled={loading} onClick={() => void actions.engine.dropReward()}>
          Do without a reward model
        </Button>
      ) : null}
      <Select
        label={`${title}: weights in memory`}
        hint={WEIGHTS.find(({ value }) => value === weights)?.hint}
        value={weights}
        options={WEIGHTS}
        disabled={loading}
        onChange={(next) => void actions.engine.setWeights(role, next)}
      />
    </section>
  )
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
