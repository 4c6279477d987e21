import { useMemo, useState } from 'react'
import { calibrate } from '../../rewards/calibrate.ts'
import { ThresholdCurve } from '../../rewards/threshold-curve.ts'
import { useApp } from '../../state/hooks.ts'
import type { Measured } from '../../state/traces/trace-measures.ts'
import { calibratedTraces, judgedTraces } from '../../state/traces/trace-measures.ts'
import type { Slot } from '../../state/traces/traces-state.ts'
import { LABEL_KINDS } from '../../state/traces/traces-state.ts'
import { Segmented } from '../../ui/segmented.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { Counted } from './counted.tsx'
import styles from './picture.module.css'
import { SlotName } from './slot-choice.tsx'

interface BeforeAfterProps {
  measured: Measured & { readonly scored: readonly Slot[] }
  heldOut(problem: string): boolean
}

type Looked = 'held-out' | 'all'

/** Both models on the same traces: as before and after training, or any two. */
export function BeforeAfter({ measured, heldOut }: BeforeAfterProps) {
  const threshold = useApp((state) => state.traces.view.threshold)
  const [looked, setLooked] = useState<Looked>('held-out')
  const { scored } = measured
  const shown = useMemo(
    () =>
      looked === 'all' ? measured : { ...measured, traces: measured.traces.filter(({ problem }) => heldOut(problem)) },
    [measured, looked, heldOut],
  )
  const rows = useMemo(
    () =>
      scored.map((slot) => {
        const curve = new ThresholdCurve(judgedTraces(shown, slot))
        const calibrations = LABEL_KINDS.flatMap((kind) => {
          const found = calibrate(calibratedTraces(shown, slot, kind))
          return found ? [{ kind, found }] : []
        })
        // Hard labels before soft ones.
        return { slot, curve, calibration: calibrations[0] ?? null }
      }),
    [shown, scored],
  )
  if (scored.length === 0) return null
  return (
    <section className={styles.side} aria-label="Before and after">
      <h3 className={styles.heading}>Side by side</h3>
      <Segmented<Looked>
        label="Traces that are looked at"
        value={looked}
        options={[
          { value: 'held-out', label: 'The other half of the problems' },
          { value: 'all', label: 'All listed traces' },
        ]}
        onChange={setLooked}
      />
      <div className={styles.scroll}>
        <table className={styles.table}>
          <caption>
            At threshold {threshold.toFixed(3)}, with 95 % intervals.{' '}
            {looked === 'all'
              ? 'What was trained on is among them.'
              : 'Nothing of these problems is in a run on half of them.'}
          </caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Wrong traces</th>
              <th scope="col">Right traces</th>
              <th scope="col">F1</th>
              <th scope="col">AUC</th>
              <th scope="col">ECE</th>
              <th scope="col">Brier</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ slot, curve, calibration }) => {
              const { error, correct, f1 } = curve.at(threshold)
              return (
                <tr key={slot}>
                  <th scope="row">
                    <SlotName slot={slot} />
                  </th>
                  <Counted value={error} />
                  <Counted value={correct} />
                  <Counted value={f1 && { share: f1.value, interval: f1.interval, count: curve.traces }} />
                  <td>{formatScore(calibration?.found.auc ?? null)}</td>
                  <td>{formatScore(calibration?.found.calibrationError ?? null)}</td>
                  <td>{formatScore(calibration?.found.brier ?? null)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <p className={styles.muted}>
        AUC, ECE and Brier are beside {rows[0]?.calibration ? KIND_WORDS[rows[0].calibration.kind] : 'no labels yet'}.
        Every other tab shows both models on the same traces, too.
      </p>
    </section>
  )
}

const KIND_WORDS = {
  human: 'labels by hand',
  file: 'labels of the file',
  exact: 'exact labels',
  'monte-carlo': 'Monte Carlo estimates',
} as const
