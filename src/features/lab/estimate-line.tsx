import { useMemo } from 'react'
import { Breakdown } from '../../panels/figure.tsx'
import { useApp } from '../../state/hooks.ts'
import { estimateSweep } from '../../state/lab/sweep-estimate.ts'
import { Why } from '../../ui/why.tsx'
import { formatDuration, formatNumber, formatPercent } from '../../viz/layout/format-number.ts'
import styles from './lab.module.css'

/** What the sweep will take: searches, tokens, FLOPs and time. */
export function EstimateLine() {
  const config = useApp((state) => state.lab.draft.config)
  const sets = useApp((state) => state.lab.sets.list)
  const shown = useApp((state) => state.lab.shown)
  const task = useApp(({ lab }) => lab.sweeps.find(({ id }) => id === lab.active)?.config.task)
  const models = useApp((state) => state.engine.models)
  const rates = useApp((state) => state.engine.rates)
  const { problems } = config
  const count =
    problems.source === 'generated' ? problems.count : (sets.find(({ hash }) => hash === problems.hash)?.count ?? 0)
  const known = shown && task === config.task ? shown.results : null
  const value = useMemo(
    () => estimateSweep(config, count, known ?? [], models, known ? null : (rates.at(-1) ?? null)),
    [config, count, known, models, rates],
  )
  return (
    <p className={styles.muted}>
      <Why
        answer={
          <Breakdown
            text={
              value.measured > 0
                ? `${formatPercent(value.measured)} of the searches cost what they did in the sweep that is shown; the rest is guessed from their budgets.`
                : 'Guessed from the budgets: no sweep of this task is shown to take the cost from.'
            }
            rows={[
              ['Searches', formatNumber(value.searches)],
              ['Problems', formatNumber(value.problems)],
              ['Models × seeds', formatNumber(config.models.length * config.seeds.length)],
              ['Results', formatNumber(value.results)],
              ['Tokens', formatNumber(value.tokens)],
              ['FLOPs', formatNumber(value.flops, 'FLOP')],
            ]}
          />
        }
      >
        {formatNumber(value.results)} results
      </Why>
      {`, about ${formatNumber(value.tokens)} tokens${value.flops > 0 ? `, ${formatNumber(value.flops, 'FLOP')}` : ''}, `}
      {value.seconds === null ? 'time unknown until one was run' : `${formatDuration(value.seconds * 1000)} at most`}
    </p>
  )
}
