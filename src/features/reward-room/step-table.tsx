import type { KeyboardEvent } from 'react'
import { useEffect, useRef, useState } from 'react'
import { wilsonInterval } from '../../core/statistics.ts'
import { FreeText } from '../../panels/response-text.tsx'
import { TermWord } from '../../panels/term.tsx'
import type { HandLabel, LabelingMode } from '../../rewards/hand-labels.ts'
import { labelStep } from '../../rewards/hand-labels.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { handLabels } from '../../state/traces/trace-hand-labels.ts'
import { labelsOf } from '../../state/traces/trace-labels.ts'
import type { StepLabel, StepRuns, Trace } from '../../state/traces/traces-state.ts'
import { SLOTS } from '../../state/traces/traces-state.ts'
import { Button } from '../../ui/button.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { ScoreBar } from '../../viz/marks/score-bar.tsx'
import { SlotName } from './slot-choice.tsx'
import styles from './trace-picture.module.css'
import type { Room } from './use-room.ts'

interface StepTableProps {
  room: Room
  trace: Trace
  mode: LabelingMode
  /** Labelling came here by a key, and goes on from the first step. */
  startsFocused: boolean
  onMode(mode: LabelingMode): void
  /** To the trace behind this one. */
  onNext(): void
}

const KEYS: ReadonlyMap<string, HandLabel> = new Map<string, HandLabel>([
  ['1', 1],
  ['0', 'neutral'],
  ['-', 0],
  ['Delete', null],
  ['Backspace', null],
])
const CHOICES = [
  { label: 1, name: 'right', sign: '1' },
  { label: 'neutral', name: 'neutral', sign: '0' },
  { label: 0, name: 'wrong', sign: '−' },
] as const

/** Every step with its scores and all that is said of it; the last column is the person's own word. */
export function StepTable({ room, trace, mode, startsFocused, onMode, onNext }: StepTableProps) {
  const actions = useActions()
  const made = useApp((state) => state.traces.made)
  const threshold = useApp((state) => state.traces.view.threshold)
  const [at, setAt] = useState(0)
  const buttons = useRef<(HTMLButtonElement | null)[]>([])
  const focusedAtFirst = useRef(startsFocused)
  useEffect(() => {
    if (focusedAtFirst.current) buttons.current[0]?.focus()
  }, [])
  const canUndo = useApp((state) => state.traces.handHistory.some((change) => change.trace === trace.key))
  const labels = handLabels(trace, made)
  const label = (steps: readonly HandLabel[]) => void actions.traces.labelByHand(trace.key, steps)
  const undo = () => void actions.traces.undoByHand(trace.key)
  const firstError = room.truthOf(trace)?.firstError ?? null
  const [exact, file] = [labelsOf('exact', trace, made), labelsOf('file', trace, made)]
  const runs = made['monte-carlo'][trace.key]?.runs ?? null
  const scored = SLOTS.filter((slot) => room.scoresOf(slot, trace) !== null)
  const focus = (step: number) => {
    const to = Math.max(0, Math.min(trace.steps.length - 1, step))
    setAt(to)
    buttons.current[to]?.focus()
  }
  const say = (step: number, said: HandLabel) => label(labelStep(labels, step, said, mode))
  const keys = (event: KeyboardEvent, step: number) => {
    if (event.altKey) return
    const command = event.ctrlKey || event.metaKey
    if (command && event.key.toLowerCase() === 'z') undo()
    else if (command) return
    else if (KEYS.has(event.key)) {
      say(step, KEYS.get(event.key) ?? null)
      focus(step + 1)
    } else if (event.key === 'ArrowDown') focus(step + 1)
    else if (event.key === 'ArrowUp') focus(step - 1)
    else if (event.key === 'n') onNext()
    else return
    event.preventDefault()
  }
  return (
    <section className={styles.steps} aria-label="Steps">
      <div className={styles.labelling}>
        <Segmented<LabelingMode>
          label="What is labelled"
          value={mode}
          options={[
            { value: 'first-error', label: 'First wrong step' },
            { value: 'every-step', label: 'Every step' },
          ]}
          onChange={onMode}
        />
        <Button icon="check" onClick={() => label(trace.steps.map((_, step) => labels[step] ?? 1))}>
          The rest is right
        </Button>
        <Button icon="restart" disabled={!canUndo} onClick={undo}>
          Undo
        </Button>
        <span className={styles.hint}>
          On a step: <kbd>1</kbd> right, <kbd>0</kbd> neutral, <kbd>-</kbd> wrong, <kbd>Delete</kbd> unmarked,{' '}
          <kbd>n</kbd> next trace
        </span>
      </div>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Step</th>
              {scored.map((slot) => (
                <th key={slot} scope="col">
                  <SlotName slot={slot} />
                </th>
              ))}
              {runs ? (
                <th scope="col">
                  <TermWord term="monteCarlo">Monte Carlo</TermWord>
                </th>
              ) : null}
              {exact ? (
                <th scope="col">
                  <TermWord term="exactLabel">Exact</TermWord>
                </th>
              ) : null}
              {file ? <th scope="col">File</th> : null}
              <th scope="col">By hand</th>
            </tr>
          </thead>
          <tbody>
            {trace.steps.map((step, index) => {
              const behind = firstError !== null && firstError >= 0 && index > firstError
              const own = labels[index] ?? null
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: steps of one trace have no other identity
                <tr key={index} data-behind={behind || undefined} data-error={index === firstError || undefined}>
                  <th scope="row">
                    <button
                      ref={(element) => {
                        buttons.current[index] = element
                      }}
                      type="button"
                      className={styles.number}
                      tabIndex={index === at ? 0 : -1}
                      aria-label={`Step ${index + 1}, by hand: ${labelName(own)}`}
                      aria-keyshortcuts="1 0 - Delete"
                      onFocus={() => setAt(index)}
                      onKeyDown={(event) => keys(event, index)}
                    >
                      {index + 1}
                    </button>
                    <span className={styles.text}>
                      <FreeText text={step.trimEnd()} />
                      {index === firstError ? <span className={styles.flag}>first wrong step</span> : null}
                      {behind ? <span className={styles.flag}>behind it: undefined</span> : null}
                    </span>
                  </th>
                  {scored.map((slot) => {
                    const scores = room.scoresOf(slot, trace)
                    // A model of outcomes has one score, for the whole response.
                    const place = scores?.length === trace.steps.length ? index : index - trace.steps.length + 1
                    const score = scores?.[place] ?? null
                    return (
                      <td key={slot} data-below={(score !== null && score < threshold) || undefined}>
                        {score === null ? null : (
                          <ScoreBar score={score} width={36} label={`score of model ${slot.toUpperCase()}`} />
                        )}
                      </td>
                    )
                  })}
                  {runs ? <td>{runs[index] ? <RunsCell runs={runs[index]} /> : '–'}</td> : null}
                  {exact ? <td>{labelName(exact.steps?.[index] ?? null)}</td> : null}
                  {file ? <td>{fileLabel(file.steps, file.firstError, index)}</td> : null}
                  <td>
                    <span className={styles.choices}>
                      {CHOICES.map(({ label: value, name, sign }) => (
                        <button
                          key={name}
                          type="button"
                          className={styles.choice}
                          data-label={name}
                          tabIndex={-1}
                          aria-pressed={own === value}
                          aria-label={`Step ${index + 1} is ${name}`}
                          title={name}
                          onClick={() => say(index, own === value ? null : value)}
                        >
                          {sign}
                        </button>
                      ))}
                    </span>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** The share of right completions, with its 95 % interval and how many there were. */
function RunsCell({ runs: { right, runs } }: { runs: StepRuns }) {
  const [low, high] = wilsonInterval(right, runs)
  return (
    <>
      <ScoreBar score={runs === 0 ? null : right / runs} width={36} label="Monte Carlo estimate" />
      <span className={styles.interval}>
        {formatScore(low)} to {formatScore(high)}, {right} of {runs} right
      </span>
    </>
  )
}

function labelName(label: StepLabel): string {
  if (label === null) return 'unmarked'
  if (label === 'neutral') return 'neutral'
  if (label !== 0 && label !== 1) return formatScore(label)
  return label === 1 ? 'right' : 'wrong'
}

/** A file may name only the first wrong step. */
function fileLabel(steps: readonly StepLabel[] | null, firstError: number | null, index: number): string {
  if (steps !== null) return labelName(steps[index] ?? null)
  if (firstError === null) return '–'
  return firstError < 0 || index < firstError ? 'right' : index === firstError ? 'wrong' : '–'
}
