import { useState } from 'react'
import type { ProbeKind, ProbeResult } from '../../rewards/probes.ts'
import { summarizeProbes } from '../../rewards/probes.ts'
import { useApp } from '../../state/hooks.ts'
import type { Slot, Trace } from '../../state/traces/traces-state.ts'
import { SLOTS } from '../../state/traces/traces-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { Counted } from './counted.tsx'
import picture from './picture.module.css'
import { SlotName } from './slot-choice.tsx'
import styles from './trace-picture.module.css'
import type { Probed } from './use-probes.ts'
import { useProbes } from './use-probes.ts'
import type { Room } from './use-room.ts'

const NAMES: Readonly<Record<ProbeKind, string>> = {
  'swap-numbers': 'Numbers swapped',
  'delete-step': 'Step left out',
  'repeat-step': 'Step said twice',
  paraphrase: 'Said in other words',
  pad: 'Empty words put in',
}

/** Listed traces that are probed at once. */
const MANY = 50

type Of = 'one' | 'many'

/** Small changes to the trace, or to many, and what they do to the scores: what should be called wrong, and what should not. */
export function TraceProbes({ room, trace }: { room: Room; trace: Trace }) {
  const threshold = useApp((state) => state.traces.view.threshold)
  const [of, setOf] = useState<Of>('one')
  const [seed, setSeed] = useState(1)
  const slots = SLOTS.filter((slot) => room.scoresOf(slot, trace) !== null)
  const { found, progress, error, run, cancel } = useProbes(slots, room.scoresOf)
  const [ran, setRan] = useState<{ readonly of: Of; readonly seed: number } | null>(null)
  const scored = Array.from(room.listed, (place) => room.traces[place] as Trace).filter((one) =>
    slots.every((slot) => (room.scoresOf(slot, one)?.length ?? 0) > 0),
  )
  const many = scored.slice(0, MANY)
  if (slots.length === 0) return <p className={styles.hint}>The trace has no scores yet.</p>
  return (
    <div className={styles.editor}>
      <p className={styles.hint}>
        Each change is drawn by the seed. Where the task has exact labels they say whether the changed step is wrong;
        else its kind does, as in PRMBench.
      </p>
      <div className={picture.bar}>
        <Segmented<Of>
          label="What is probed"
          value={of}
          options={[
            { value: 'one', label: 'This trace' },
            { value: 'many', label: `The first ${many.length} listed` },
          ]}
          onChange={setOf}
        />
        <NumberField label="Seed" value={seed} min={0} max={2 ** 31 - 1} onChange={setSeed} />
        <Button
          icon="play"
          disabled={progress !== null}
          onClick={() => {
            setRan({ of, seed })
            void run(of === 'one' ? [trace] : many, seed)
          }}
        >
          Run all probes
        </Button>
      </div>
      {progress ? (
        <Progress
          label="Probing"
          value={progress.total === 0 ? null : progress.done / progress.total}
          detail={`${progress.done} of ${progress.total}`}
          estimate
          onCancel={cancel}
        />
      ) : null}
      {error ? <ErrorNotice details={error} /> : null}
      {found && ran && !progress ? (
        <>
          {ran.of !== of || ran.seed !== seed ? (
            <p className={styles.hint}>
              Of {ran.of === 'one' ? 'this trace' : 'the listed traces'}, seed {ran.seed}: run again for the choice
              above.
            </p>
          ) : null}
          {ran.of === 'one' ? (
            <OneTrace found={found} slots={slots} threshold={threshold} />
          ) : (
            slots.map((slot, index) => (
              <ManyTraces
                key={slot}
                slot={slot}
                results={found.flatMap(({ results }) => results[index] ?? [])}
                unwritten={found.filter(({ results }) => results[index] === null).length}
                threshold={threshold}
              />
            ))
          )}
        </>
      ) : null}
    </div>
  )
}

interface OneTraceProps {
  found: readonly Probed[]
  slots: readonly Slot[]
  threshold: number
}

function OneTrace({ found, slots, threshold }: OneTraceProps) {
  return (
    <div className={picture.scroll}>
      <table className={picture.table}>
        <caption>Score of the step that should tell, before → after</caption>
        <thead>
          <tr>
            <th scope="col">Change</th>
            <th scope="col">The step is</th>
            {slots.map((slot) => (
              <th key={slot} scope="col">
                <SlotName slot={slot} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.map(({ probe, results }) => (
            <tr key={probe.kind}>
              <th scope="row">
                {NAMES[probe.kind]}
                <span className={picture.interval}>
                  {probe.at + 1}. <OutsideText text={probe.steps[probe.at] ?? ''} most={60} />
                </span>
              </th>
              <td className={picture.words}>{probe.expects === 'lower' ? 'wrong now' : 'as right as before'}</td>
              {results.map((result, index) => (
                <td key={slots[index]} className={result === null ? picture.words : undefined}>
                  {result === null ? (
                    'cannot be written in its vocabulary'
                  ) : (
                    <>
                      {formatScore(result.before)} → {formatScore(result.after)}
                      <span className={picture.interval}>{verdictOf(result, threshold)}</span>
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function verdictOf({ expects, before, after }: ProbeResult, threshold: number): string {
  if (expects === 'lower') return after >= threshold ? 'fooled: still called right' : 'called wrong'
  if (before < threshold) return 'was called wrong before'
  return after < threshold ? 'false alarm' : 'still called right'
}

interface ManyTracesProps {
  slot: Slot
  results: readonly ProbeResult[]
  /** Changes that the model has no words for. */
  unwritten: number
  threshold: number
}

function ManyTraces({ slot, results, unwritten, threshold }: ManyTracesProps) {
  return (
    <div className={picture.scroll}>
      <table className={picture.table}>
        <caption>
          <SlotName slot={slot} />, threshold {threshold.toFixed(3)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Change</th>
            <th scope="col">Traces</th>
            <th scope="col">Step’s score</th>
            <th scope="col">Lowest score</th>
            <th scope="col">Fooled</th>
            <th scope="col">False alarms</th>
          </tr>
        </thead>
        <tbody>
          {summarizeProbes(results, threshold).map(({ kind, count, change, lowestChange, fooled, alarmed }) => (
            <tr key={kind}>
              <th scope="row">{NAMES[kind]}</th>
              <td>{count}</td>
              <td>{signed(change)}</td>
              <td>{signed(lowestChange)}</td>
              <Counted value={fooled} />
              <Counted value={alarmed} />
            </tr>
          ))}
        </tbody>
      </table>
      {unwritten === 0 ? null : (
        <p className={picture.muted}>
          {unwritten} {unwritten === 1 ? 'change' : 'changes'} cannot be written in this model’s vocabulary.
        </p>
      )}
    </div>
  )
}

function signed(change: number): string {
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(3)}`
}
