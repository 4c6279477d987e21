import { useMemo } from 'react'
import { wilsonInterval } from '../../core/statistics.ts'
import { Figure } from '../../panels/figure.tsx'
import type { Calibration } from '../../rewards/calibrate.ts'
import { calibrate } from '../../rewards/calibrate.ts'
import { calibratedTraces } from '../../state/traces/trace-measures.ts'
import type { LabelKind } from '../../state/traces/traces-state.ts'
import { LABEL_KINDS } from '../../state/traces/traces-state.ts'
import { formatNumber, formatPercent, formatScore } from '../../viz/layout/format-number.ts'
import { ReliabilityChart } from '../../viz/marks/reliability-chart.tsx'
import styles from './picture.module.css'
import { NoScores, NotYet, useSlotChoice } from './slot-choice.tsx'
import { useMeasured } from './use-measured.ts'
import type { Room } from './use-room.ts'

const KIND_NAMES: Readonly<Record<LabelKind, string>> = {
  human: 'Labels by hand',
  file: 'Labels of the file',
  exact: 'Exact labels',
  'monte-carlo': 'Monte Carlo estimates',
}

/** Scores beside each kind of label: calibration, and how well they order steps. */
export function CalibrationPicture({ room }: { room: Room }) {
  const measured = useMeasured(room)
  const { slot, choice } = useSlotChoice(measured.scored)
  const found = useMemo(
    () =>
      slot === null
        ? []
        : LABEL_KINDS.flatMap((kind) => {
            const calibration = calibrate(calibratedTraces(measured, slot, kind))
            return calibration ? [{ kind, calibration }] : []
          }),
    [measured, slot],
  )
  if (slot === null) return <NoScores traces={measured.traces.length} />
  if (found.length === 0) {
    return <NotYet title="No labels">None of the listed traces that are scored has a label of any kind.</NotYet>
  }
  return (
    <div className={styles.picture}>
      {choice ? <div className={styles.bar}>{choice}</div> : null}
      <p className={styles.muted}>
        A calibrated model lies on the diagonal: of steps with a score near 0.8, 80 % are right. Steps behind the first
        wrong one are not counted. Over all steps a model earns much by telling early steps from late ones; within
        problem and depth it does not.
      </p>
      <div className={styles.sides}>
        {found.map(({ kind, calibration }) => (
          <KindSection key={kind} name={KIND_NAMES[kind]} calibration={calibration} />
        ))}
      </div>
    </div>
  )
}

function KindSection({ name, calibration }: { name: string; calibration: Calibration }) {
  const { steps, traces, right, bins, calibrationError, brier, auc, within } = calibration
  return (
    <section className={styles.side} aria-label={name}>
      <h3 className={styles.heading}>{name}</h3>
      <p className={styles.muted}>
        {formatNumber(steps)} steps of {formatNumber(traces)} traces, {formatPercent(right)} right
      </p>
      <ReliabilityChart
        title={`Reliability beside ${name}`}
        bins={bins.map((bin) => ({
          ...bin,
          interval: bin.count === 0 ? ([0, 0] as const) : wilsonInterval(bin.label * bin.count, bin.count),
        }))}
      />
      <dl className={styles.figures}>
        <Figure
          name="ECE"
          value={formatScore(calibrationError)}
          why="Expected calibration error: the mean distance of score and label over the intervals, each with its share of the steps."
        />
        <Figure
          name="Brier"
          value={formatScore(brier)}
          why="Mean of (score − label)². 0.25 is what a score of ½ for everything has."
        />
        <Figure
          name="AUC, all steps"
          value={formatScore(auc)}
          why="The chance that a right step has a higher score than a wrong one. ½ is chance. There is none where all labels are alike."
        />
        <Figure
          name="AUC, within problem and depth"
          value={
            within === null
              ? '–'
              : `${formatScore(within.auc)} (${formatScore(within.interval[0])} to ${formatScore(within.interval[1])})`
          }
          why={
            within === null
              ? 'No problem has a right and a wrong step at one depth.'
              : `Of ${within.pairs} pairs of a right and a wrong step of one problem at one depth, in ${within.problems} problems, the share in order. 95 % interval by a bootstrap over problems.`
          }
        />
      </dl>
    </section>
  )
}
