import { useMemo, useState } from 'react'
import { hashText } from '../../core/hash.ts'
import { indexConfusion, ThresholdCurve } from '../../rewards/threshold-curve.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { PlacedTrace } from '../../state/traces/trace-measures.ts'
import { judgedTraces } from '../../state/traces/trace-measures.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Select } from '../../ui/select.tsx'
import { Slider } from '../../ui/slider.tsx'
import { formatPercent } from '../../viz/layout/format-number.ts'
import { ConfusionGrid } from '../../viz/marks/confusion-grid.tsx'
import { ThresholdChart } from '../../viz/marks/threshold-chart.tsx'
import { Counted } from './counted.tsx'
import styles from './picture.module.css'
import { NoScores, NotYet, useSlotChoice } from './slot-choice.tsx'
import { useMeasured } from './use-measured.ts'
import type { Room } from './use-room.ts'

/** Points of a curve that are drawn. */
const POINTS = 201
/** Rows of the confusion; later steps share the last. */
const MOST_STEPS = 10
const HALVES = ['First half of the problems', 'Second half of the problems'] as const

/** How well the first wrong step is found, under a threshold that is tuned on one part and shown on the others. */
export function ThresholdPicture({ room }: { room: Room }) {
  const actions = useActions()
  const threshold = useApp((state) => state.traces.view.threshold)
  const measured = useMeasured(room)
  const { slot, choice } = useSlotChoice(measured.scored)
  const judged = useMemo(() => (slot === null ? [] : judgedTraces(measured, slot)), [measured, slot])
  const parts = useMemo(() => partsOf(judged), [judged])
  const all = useMemo(() => new ThresholdCurve(judged), [judged])
  const points = useMemo(() => all.sampled(POINTS).map(markOf), [all])
  const [tuned, setTuned] = useState<string | null>(null)
  const tuning = parts.find(({ name }) => name === tuned) ?? null
  const at = all.at(threshold)
  const confusion = useMemo(() => indexConfusion(judged, threshold, MOST_STEPS), [judged, threshold])
  const longest = judged.reduce((most, { scores }) => Math.max(most, scores.length), 0)
  if (slot === null) return <NoScores traces={measured.traces.length} />
  if (judged.length === 0) {
    return (
      <NotYet title="No first wrong step is known">
        Of no listed trace are both known: a score for each step, and the first wrong step. Label traces, or choose
        another kind of labels as the truth.
      </NotYet>
    )
  }
  const others = parts.filter((part) => part !== tuning)
  return (
    <div className={styles.picture}>
      <div className={styles.bar}>
        {choice}
        <Select
          label="Tune on"
          inline
          value={tuning?.name ?? ''}
          options={[
            { value: '', label: 'Nothing: by hand' },
            ...parts.map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={(name) => {
            setTuned(name)
            const best = parts.find((part) => part.name === name)?.curve.best()
            if (best) actions.traces.setView({ threshold: best.threshold })
          }}
        />
        {tuning ? (
          <Button
            onClick={() => {
              const best = tuning.curve.best()
              if (best) actions.traces.setView({ threshold: best.threshold })
            }}
            disabled={tuning.curve.best() === null}
          >
            Best threshold there
          </Button>
        ) : null}
      </div>
      <div className={styles.slider}>
        <span>
          Wrong below <span className={styles.number}>{threshold.toFixed(3)}</span>
        </span>
        <Slider
          label="Threshold"
          value={threshold}
          min={0}
          max={1}
          step={0.005}
          valueText={`wrong below ${threshold.toFixed(3)}`}
          onChange={(value) => actions.traces.setView({ threshold: value })}
        />
      </div>
      <div className={styles.sides}>
        <section className={styles.side} aria-label="Curves">
          <h3 className={styles.heading}>Over all thresholds, {judged.length} traces, in percent</h3>
          <ThresholdChart
            title="Finding the first wrong step"
            points={points}
            threshold={threshold}
            at={markOf(at)}
            onChange={(value) => actions.traces.setView({ threshold: value })}
          />
          <p className={styles.muted}>
            Wrong traces: the first wrong step is found exactly. Right traces: no step is called wrong. F1 is their
            harmonic mean, as in ProcessBench. A score equal to the threshold is right.
          </p>
        </section>
        <section className={styles.side} aria-label="Predicted and true steps">
          <h3 className={styles.heading}>Which step is called the first wrong one</h3>
          <ConfusionGrid steps={confusion.steps} more={longest > MOST_STEPS} cells={confusion.cells} />
          <p className={styles.muted} aria-live="polite">
            {placesInWords(at.places)}
          </p>
        </section>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard */}
      <section className={styles.scroll} aria-label="Parts at this threshold" tabIndex={0}>
        <table className={styles.table}>
          <caption>
            {tuning
              ? 'The threshold was chosen on one part; the others say what it is worth.'
              : 'Each part at this threshold, with 95 % intervals.'}
          </caption>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">Wrong traces</th>
              <th scope="col">Right traces</th>
              <th scope="col">F1</th>
              <th scope="col">Best F1 there</th>
            </tr>
          </thead>
          <tbody>
            {parts.map((part) => (
              <PartRow key={part.name} part={part} threshold={threshold} tuned={part === tuning} />
            ))}
          </tbody>
        </table>
      </section>
      <p className={styles.muted}>{averageInWords(tuning === null ? parts : others, threshold, tuning !== null)}</p>
    </div>
  )
}

interface Part {
  readonly name: string
  readonly curve: ThresholdCurve
}

function PartRow({ part: { name, curve }, threshold, tuned }: { part: Part; threshold: number; tuned: boolean }) {
  const { error, correct, f1 } = curve.at(threshold)
  const best = useMemo(() => curve.best(), [curve])
  return (
    <tr data-tuned={tuned || undefined}>
      <th scope="row">
        <OutsideText text={name} bare />
        {tuned ? ' (tuned here)' : ''}
      </th>
      <Counted value={error} />
      <Counted value={correct} />
      <Counted value={f1 && { share: f1.value, interval: f1.interval, count: curve.traces }} />
      <td>{best?.f1 ? `${formatPercent(best.f1.value)} at ${best.threshold.toFixed(3)}` : '–'}</td>
    </tr>
  )
}

/** Parts of data sets; where there is only one, halves by problem, so that there is always something to tune on. */
function partsOf(traces: readonly PlacedTrace[]): readonly Part[] {
  const names = new Set(traces.map(({ subset }) => subset))
  const nameOf = ({ subset, trace }: PlacedTrace): string =>
    names.size > 1 ? subset : (HALVES[hashText(trace.problem) % 2] as string)
  const groups = new Map<string, PlacedTrace[]>()
  for (const trace of traces) {
    const name = nameOf(trace)
    const own = groups.get(name)
    if (own) own.push(trace)
    else groups.set(name, [trace])
  }
  const sorted = names.size > 1 ? [...groups] : [...groups].sort(([a], [b]) => a.localeCompare(b))
  return sorted.map(([name, own]) => ({ name, curve: new ThresholdCurve(own) }))
}

function markOf({ threshold, error, correct, f1 }: ReturnType<ThresholdCurve['at']>) {
  return { threshold, error: error?.share ?? null, correct: correct?.share ?? null, f1: f1?.value ?? null }
}

function placesInWords({ exact, early, late, missed, kept, falseAlarms }: ReturnType<ThresholdCurve['at']>['places']) {
  return `Wrong traces: ${exact} found exactly, ${early} called wrong too early, ${late} too late, ${missed} called right. Right traces: ${kept} called right, ${falseAlarms} called wrong.`
}

function averageInWords(parts: readonly Part[], threshold: number, tuned: boolean): string {
  const scores = parts.flatMap(({ curve }) => curve.at(threshold).f1?.value ?? [])
  if (scores.length < parts.length || scores.length === 0)
    return 'A part without wrong traces, or without right ones, has no F1.'
  const mean = scores.reduce((sum, f1) => sum + f1, 0) / scores.length
  const which = tuned ? 'the other parts' : 'all parts'
  return `Mean F1 of ${which}: ${formatPercent(mean)}.`
}
