import { useEffect, useRef, useState } from 'react'
import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { mean } from '../../core/statistics.ts'
import { predictFirstError } from '../../rewards/first-error.ts'
import type { Split } from '../../rewards/resplit.ts'
import { resplit, SPLITS } from '../../rewards/resplit.ts'
import { countedShare } from '../../rewards/threshold-curve.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { Slot, Trace } from '../../state/traces/traces-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { Counted } from './counted.tsx'
import styles from './picture.module.css'

/** Traces that are split in every way. */
const MOST = 50
const NAMES: Readonly<Record<Split, string>> = {
  'blank-lines': 'at blank lines',
  'line-ends': 'at line ends',
  'every-line-end': 'at every line end, empty steps kept',
}

/** What one way of splitting makes of the traces. */
interface SplitRow {
  readonly name: string
  readonly steps: number
  readonly lowest: number
  /** Traces in which some step is called wrong. */
  readonly called: number
  readonly traces: number
}

/** The same responses, split at line ends and at blank lines: a model that was trained on one of them may score the other otherwise. */
export function SplitSensitivity({ slot, traces }: { slot: Slot; traces: readonly Trace[] }) {
  const actions = useActions()
  const threshold = useApp((state) => state.traces.view.threshold)
  const [result, setResult] = useState<{ readonly of: readonly Trace[]; readonly rows: readonly SplitRow[] } | null>(
    null,
  )
  const [done, setDone] = useState<number | null>(null)
  const [error, setError] = useState<ErrorDetails | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const some = traces.slice(0, MOST)
  // What was found of other traces does not belong here.
  const rows = result?.of === traces ? result.rows : null
  const run = async () => {
    const controller = new AbortController()
    running.current = controller
    setError(null)
    setDone(0)
    try {
      const found: SplitRow[] = []
      let count = 0
      for (const split of SPLITS) {
        const scored: { steps: number; scores: readonly number[] }[] = []
        for (const trace of some) {
          const steps = resplit(trace.steps, split)
          scored.push({
            steps: steps.length,
            scores: await actions.traces.scoreSteps(slot, trace.key, steps, controller.signal),
          })
          if (controller.signal.aborted) return
          setDone(++count)
        }
        found.push({
          name: NAMES[split],
          steps: mean(scored.map(({ steps }) => steps)),
          lowest: mean(scored.map(({ scores }) => scores.reduce((least, score) => Math.min(least, score), 1))),
          called: scored.filter(({ scores }) => predictFirstError(scores, threshold) >= 0).length,
          traces: scored.length,
        })
      }
      setResult({ of: traces, rows: found })
    } catch (caught) {
      if (!controller.signal.aborted) setError(toErrorDetails(caught))
    } finally {
      if (!controller.signal.aborted) setDone(null)
    }
  }
  return (
    <section className={styles.side} aria-label="Split sensitivity">
      <h3 className={styles.heading}>Split at line ends or at blank lines</h3>
      <p className={styles.muted}>
        The first {some.length} listed traces, put together with blank lines and split anew. Where scores move, split as
        the model was trained: a line end where a blank line stood gives steps without a word.
      </p>
      {error ? <ErrorNotice details={error} /> : null}
      {done === null ? (
        <div>
          <Button icon="play" disabled={some.length === 0} onClick={() => void run()}>
            Score every way
          </Button>
        </div>
      ) : (
        <Progress
          label="Scoring"
          value={done / (SPLITS.length * some.length)}
          detail={`${done} of ${SPLITS.length * some.length}`}
          estimate
          onCancel={() => {
            running.current?.abort()
            setDone(null)
          }}
        />
      )}
      {rows ? (
        <table className={styles.table}>
          <caption>Means over {some.length} traces</caption>
          <thead>
            <tr>
              <th scope="col">Split</th>
              <th scope="col">Steps</th>
              <th scope="col">Lowest score</th>
              <th scope="col">Called wrong</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, steps, lowest, called, traces: count }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{steps.toFixed(1)}</td>
                <td>{formatScore(lowest)}</td>
                <Counted value={countedShare(called, count)} />
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  )
}
