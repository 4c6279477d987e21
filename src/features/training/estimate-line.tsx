import { plainText } from '../../core/outside-text.ts'
import { Breakdown } from '../../panels/figure.tsx'
import { useApp } from '../../state/hooks.ts'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Why } from '../../ui/why.tsx'
import { formatBytes, formatDuration, formatNumber } from '../../viz/layout/format-number.ts'
import styles from './recipe-panel.module.css'

/** What the run will take: bytes on the device, and time at the pace of the last run on it. */
export function EstimateLine() {
  const { status, value, error } = useApp((state) => state.training.estimate)
  const steps = useApp((state) => state.training.draft.recipe.steps)
  const adapter = useApp((state) => state.engine.status?.adapter ?? null)
  const runs = useApp((state) => state.training.runs)
  if (status === 'failed' && error) return <ErrorNotice details={error} />
  if (!value) {
    return (
      <p className={styles.estimate}>{status === 'looking' ? 'Estimating…' : 'The estimate needs loaded models.'}</p>
    )
  }
  const total = Object.values(value.bytes).reduce((sum, bytes) => sum + bytes, 0)
  const pace = paceOf(runs, adapter)
  const seconds = pace === null ? null : (value.dataFlops + value.flopsPerStep * steps) / pace.flopsPerSecond
  return (
    <p className={styles.estimate} aria-busy={status === 'looking'}>
      <Why
        answer={
          <Breakdown
            text="On the device, in one static plan: nothing is added while it runs."
            rows={Object.entries(value.bytes).map(([purpose, bytes]) => [purpose, formatBytes(bytes)] as const)}
          />
        }
      >
        {formatBytes(total)}
      </Why>
      {' of memory, '}
      <Why
        answer={
          <Breakdown
            text={
              pace
                ? `At the pace of the steps of ${plainText(pace.title)} on ${adapter}; sampling may have another. Evaluations come on top.`
                : 'No run on this adapter has told its pace yet; the first steps will.'
            }
            rows={[
              ['Steps', formatNumber(steps)],
              ['Tokens of a step', formatNumber(value.tokensPerStep)],
              ['FLOP of a step', formatNumber(value.flopsPerStep, 'FLOP')],
              ...(value.dataFlops > 0 ? [['FLOP of the data', formatNumber(value.dataFlops, 'FLOP')] as const] : []),
              ...(pace ? [['Pace', formatNumber(pace.flopsPerSecond, 'FLOP/s')] as const] : []),
            ]}
          />
        }
      >
        {seconds === null ? 'time unknown' : `about ${formatDuration(seconds * 1000)}`}
      </Why>
    </p>
  )
}

/** FLOP per second of the newest run on this adapter that has a few steps. */
function paceOf(
  runs: readonly TrainingRun[],
  adapter: string | null,
): { readonly flopsPerSecond: number; readonly title: string } | null {
  for (const run of runs) {
    const recent = run.points.slice(-50).map(({ seconds }) => seconds)
    if (run.adapter !== adapter || recent.length < 3 || !run.estimate || run.estimate.flopsPerStep <= 0) continue
    const median = recent.toSorted((a, b) => a - b)[recent.length >> 1] ?? 0
    if (median > 0) return { flopsPerSecond: run.estimate.flopsPerStep / median, title: run.title }
  }
  return null
}
