import { useState } from 'react'
import { BACKEND_NAMES } from '../core/backends.ts'
import { plainText } from '../core/outside-text.ts'
import { backendNote } from '../panels/backend-note.ts'
import { useActions, useApp } from '../state/hooks.ts'
import type { EngineState } from '../state/models/engine-state.ts'
import { loadedName } from '../state/models/model-names.ts'
import { Button } from '../ui/button.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Icon } from '../ui/icon.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import { Popover } from '../ui/popover.tsx'
import { Progress } from '../ui/progress.tsx'
import { formatBytes, formatNumber } from '../viz/layout/format-number.ts'
import styles from './status-chip.module.css'

type Tone = 'good' | 'caution' | 'error' | 'busy'

interface Chip {
  readonly tone: Tone
  readonly text: string
  /** What is seen of it, where it is longer than the chip. */
  readonly short?: string
  readonly figure: string
}

/** What the chip says while closed. */
function chipOf({ phase, status, models, progress }: EngineState): Chip {
  if (phase === 'failed') return { tone: 'error', text: 'Models did not load', figure: '' }
  if (phase === 'lost') return { tone: 'error', text: 'Engine stopped', figure: '' }
  if (phase === 'loading') {
    const share = loadedShare(progress)
    return { tone: 'busy', text: 'Loading models', figure: share === null ? '' : `${Math.floor(share * 100)}%` }
  }
  if (status === null || models === null) return { tone: 'busy', text: 'No models loaded', figure: '' }
  return {
    tone: backendNote(status)?.slow ? 'caution' : 'good',
    text: status.policyEngine ?? status.adapter,
    ...(status.policyEngine === undefined && status.backend === 'wasm' ? { short: shortened(status.adapter) } : {}),
    figure:
      status.tokensPerSecond > 0
        ? `${formatNumber(status.tokensPerSecond)} tok/s`
        : formatBytes(liveBytes(status.bytes)),
  }
}

/** Threads and arithmetic are what differs from machine to machine. */
const shortened = (adapter: string) => adapter.replace(/^CPU \(WebAssembly SIMD, (.*)\)$/, 'WASM, $1')

const liveBytes = (bytes: Readonly<Record<string, number>>) => Object.values(bytes).reduce((sum, part) => sum + part, 0)

function loadedShare({ policy, reward }: EngineState['progress']): number | null {
  const parts = [policy, reward].filter((part) => part !== null)
  const total = parts.reduce((sum, part) => sum + part.totalBytes, 0)
  return total === 0 ? null : parts.reduce((sum, part) => sum + part.loadedBytes, 0) / total
}

/** Adapter, models, bytes and speed; opens the details. Amber where speed says nothing about real hardware. */
export function StatusChip({ onFigures }: { onFigures(): void }) {
  const engine = useApp((state) => state.engine)
  const [open, setOpen] = useState(false)
  const chip = chipOf(engine)
  return (
    <Popover
      label="Engine"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button
          type="button"
          className={styles.chip}
          data-tone={chip.tone}
          aria-label={`Engine: ${plainText(chip.text)} ${chip.figure}`}
        >
          <Icon name={chip.tone === 'error' ? 'error' : chip.tone === 'caution' ? 'warning' : 'chip'} size={14} />
          <OutsideText text={chip.short ?? chip.text} clip bare />
          {chip.figure ? <span className={styles.figure}>{chip.figure}</span> : null}
        </button>
      }
    >
      <EngineDetails
        engine={engine}
        onFigures={() => {
          setOpen(false)
          onFigures()
        }}
      />
    </Popover>
  )
}

function EngineDetails({ engine, onFigures }: { engine: EngineState; onFigures(): void }) {
  const actions = useActions()
  const { status, models, phase, error } = engine
  const share = loadedShare(engine.progress)
  const note = status && backendNote(status)
  return (
    <div className={styles.details}>
      {phase === 'loading' ? (
        <Progress label="Loading models" value={share} estimate onCancel={actions.engine.cancelLoad} />
      ) : null}
      {error ? (
        <ErrorNotice details={error}>
          <Button onClick={() => void actions.engine.load()}>Load again</Button>
        </ErrorNotice>
      ) : null}
      {status ? (
        <>
          {note?.slow ? (
            <ErrorNotice tone="caution" details={{ message: note.message, nextStep: note.because }} />
          ) : note ? (
            <p>{`${note.message} ${note.because}`}</p>
          ) : null}
          <dl className={styles.rows}>
            <Row name="Backend" value={BACKEND_NAMES[status.backend]} />
            <Row name="Adapter" value={status.adapter} />
            {status.policyEngine ? <Row name="Policy engine" value={status.policyEngine} /> : null}
            {models ? (
              <>
                <Row
                  name="Policy"
                  value={`${loadedName(models.policy.id, engine)}, ${models.policy.family}, ${formatNumber(models.policy.parameters)} parameters`}
                />
                <Row
                  name="Reward model"
                  value={
                    models.reward
                      ? `${loadedName(models.reward.id, engine)}, ${models.reward.family}, ${formatNumber(models.reward.parameters)} parameters`
                      : 'none'
                  }
                />
              </>
            ) : null}
            <Row
              name="Speed"
              value={status.tokensPerSecond > 0 ? `${formatNumber(status.tokensPerSecond)} tokens/s` : 'idle'}
            />
            <Row name="Memory" value={formatBytes(liveBytes(status.bytes))} />
          </dl>
        </>
      ) : phase === 'idle' ? (
        <p>The models load when they are first needed.</p>
      ) : null}
      <Button icon="chip" onClick={onFigures}>
        All figures
      </Button>
    </div>
  )
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd>
        <OutsideText text={value} />
      </dd>
    </div>
  )
}
