import type { TrainingRun } from '../../state/training/training-state.ts'
import type { IntervalPoint, SeriesKind, SeriesPoint } from '../../viz/layout/metric-series.ts'
import { isRounding } from '../../viz/layout/metric-series.ts'
import type { ChartSeries } from '../../viz/marks/line-chart.tsx'

export interface MetricChart {
  /** TRL's name, or what its series have in common. */
  readonly title: string
  readonly series: readonly ChartSeries[]
  readonly kind: SeriesKind
  /** What a reader would wonder at. */
  readonly note: string | null
}

/** Names that share a scale, and a chart. */
const TOGETHER: Readonly<Record<string, { readonly title: string; readonly name: string }>> = {
  'rewards/chosen': { title: 'rewards/chosen', name: 'chosen' },
  'rewards/rejected': { title: 'rewards/chosen', name: 'rejected' },
  'logps/chosen': { title: 'logps/chosen', name: 'chosen' },
  'logps/rejected': { title: 'logps/chosen', name: 'rejected' },
  min_reward: { title: 'mean_reward', name: 'lowest' },
  mean_reward: { title: 'mean_reward', name: 'mean' },
  max_reward: { title: 'mean_reward', name: 'highest' },
  // Where the one rises and the other falls, the reward model is over-optimized.
  'rollout/accuracy': { title: 'rollout/accuracy', name: 'verifier' },
  'rollout/proxy': { title: 'rollout/accuracy', name: 'proxy' },
}

/** Of charts of several series. */
const TITLES: Readonly<Record<string, string>> = {
  'rewards/chosen': 'rewards',
  'logps/chosen': 'logps',
  'rollout/accuracy': 'verifier and proxy',
}

/** Shares of what there is, from 0 to 1. */
const SHARES: ReadonlySet<string> = new Set([
  'pass@1',
  'auc',
  'accuracy',
  'calibration_error',
  'mean_token_accuracy',
  'rewards/accuracies',
  'rollout/accuracy',
  'rollout/proxy',
  'proxy',
  'clip_ratio',
  'policy/clipfrac_avg',
  'completions/clipped_ratio',
  'frac_reward_zero_std',
])

/** Names that can be of the same numbers, the one that is shown first. */
const SAME: readonly (readonly [shown: string, also: string])[] = [
  ['reward', 'rollout/reward'],
  ['objective/scores', 'rollout/reward'],
  ['reward', 'rollout/accuracy'],
  ['objective/scores', 'rollout/accuracy'],
  ['rollout/reward', 'rollout/accuracy'],
  ['completions/mean_length', 'rollout/mean_length'],
]

const INTERVAL = /^(.*)\/(low|high)$/

/** What is looked at first. */
const ORDER = [
  'loss',
  'pass@1',
  'proxy',
  'reward',
  'rollout/accuracy',
  'rewards/accuracies',
  'auc',
  'accuracy',
  'mean_token_accuracy',
  'rewards/chosen',
]
const LAST = ['grad_norm', 'learning_rate', 'num_tokens']

/** Charts of a run: one for each metric, what was measured on held-out problems beside what was trained on. */
export function metricCharts(run: Pick<TrainingRun, 'points' | 'evaluations'>): MetricChart[] {
  const trained = new Map<string, SeriesPoint[]>()
  const heldOut = new Map<string, SeriesPoint[]>()
  const add = (to: Map<string, SeriesPoint[]>, name: string, x: number, y: number) => {
    const points = to.get(name)
    if (points) points.push({ x, y })
    else to.set(name, [{ x, y }])
  }
  for (const { step, metrics, learningRate } of run.points) {
    for (const [name, value] of Object.entries(metrics)) add(trained, name, step, value)
    add(trained, 'learning_rate', step, learningRate)
  }
  for (const { step, metrics } of run.evaluations) {
    for (const [name, value] of Object.entries(metrics)) add(heldOut, name.replace(/^eval\//, ''), step, value)
  }
  const also = withoutDoubles(trained)
  const intervals = takeIntervals(heldOut)
  const charts = new Map<string, { series: ChartSeries[]; names: string[] }>()
  const put = (name: string, series: ChartSeries) => {
    const title = TOGETHER[name]?.title ?? name
    const chart = charts.get(title) ?? { series: [], names: [] }
    charts.set(title, { series: [...chart.series, series], names: [...chart.names, name] })
  }
  for (const [name, points] of trained) {
    put(name, { name: TOGETHER[name]?.name ?? (heldOut.has(name) ? 'training' : name), points })
  }
  for (const [name, points] of heldOut) {
    const own = intervals.get(name)
    // The held-out values of series that share a chart would be too much for it.
    if (name in TOGETHER) continue
    put(name, { name: trained.has(name) ? 'held out' : name, points, sparse: true, ...(own ? { intervals: own } : {}) })
  }
  return [...charts]
    .map(([title, chart]) => ({ title, ...chart }))
    .toSorted((a, b) => rank(a.title) - rank(b.title))
    .map(({ title, series, names }) => ({
      title: (series.length > 1 ? TITLES[title] : undefined) ?? title,
      series,
      kind: names.every((name) => SHARES.has(name)) ? 'share' : names.includes('learning_rate') ? 'set' : 'measured',
      note: noteOf(title, series, also.get(title) ?? []),
    }))
}

/** Takes out what is the same numbers under a second name, which each chart then names. */
function withoutDoubles(trained: Map<string, SeriesPoint[]>): Map<string, string[]> {
  const also = new Map<string, string[]>()
  for (const [shown, other] of SAME) {
    const [one, two] = [trained.get(shown), trained.get(other)]
    if (!one || !two || !one.every(({ x, y }, at) => isNear(y, two[at]?.y) && x === two[at]?.x)) continue
    if (one.length !== two.length) continue
    trained.delete(other)
    also.set(shown, [...(also.get(shown) ?? []), other])
  }
  return also
}

const isNear = (a: number, b = Number.NaN): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a))

/** Takes the bounds of intervals out of the series, by the name of what they are of. */
function takeIntervals(heldOut: Map<string, SeriesPoint[]>): Map<string, IntervalPoint[]> {
  const intervals = new Map<string, IntervalPoint[]>()
  for (const [name, points] of [...heldOut]) {
    const of = INTERVAL.exec(name)?.[1]
    if (of === undefined || !heldOut.has(of)) continue
    heldOut.delete(name)
    if (!name.endsWith('/low')) continue
    const highs = new Map(heldOut.get(`${of}/high`)?.map(({ x, y }) => [x, y]))
    intervals.set(
      of,
      points.map(({ x, y }) => ({ x, low: y, high: highs.get(x) ?? y })),
    )
  }
  return intervals
}

function noteOf(title: string, series: readonly ChartSeries[], also: readonly string[]): string | null {
  const notes = [
    ...(series.some(({ intervals }) => intervals !== undefined)
      ? ['Bars: 95 % intervals over the held-out problems.']
      : []),
    ...(also.length > 0 ? [`The same numbers as ${also.join(' and ')}.`] : []),
    ...(series.every(({ points }) => isRounding(points))
      ? [
          title === 'loss'
            ? 'Zero but for rounding: a group’s advantages sum to zero. Its gradient does not; look at the reward.'
            : 'Zero but for rounding.',
        ]
      : []),
  ]
  return notes.length === 0 ? null : notes.join(' ')
}

function rank(title: string): number {
  const first = ORDER.indexOf(title)
  if (first >= 0) return first
  const last = LAST.indexOf(title)
  return last >= 0 ? 1000 + last : 500
}

/** First and last step that have a value. */
export function stepDomain(run: Pick<TrainingRun, 'points' | 'evaluations'>): readonly [number, number] {
  const steps = [run.points[0], run.points.at(-1), run.evaluations[0], run.evaluations.at(-1)].flatMap((at) =>
    at ? [at.step] : [],
  )
  return steps.length === 0 ? [0, 1] : [Math.min(...steps), Math.max(...steps)]
}

/** A table of series over steps; empty where a series has no value. */
export function chartCsv(charts: readonly MetricChart[]): string {
  const columns = charts.flatMap(({ title, series }) =>
    series.flatMap(({ name, points, intervals = [] }) => {
      const full = series.length > 1 ? `${title} ${name}` : title
      const column = (of: string, values: readonly (readonly [number, number])[]) => ({
        name: of,
        values: new Map(values),
      })
      return [
        column(
          full,
          points.map(({ x, y }) => [x, y]),
        ),
        ...(['low', 'high'] as const)
          .filter(() => intervals.length > 0)
          .map((end) =>
            column(
              `${full} ${end}`,
              intervals.map((one) => [one.x, one[end]]),
            ),
          ),
      ]
    }),
  )
  const steps = [...new Set(columns.flatMap(({ values }) => [...values.keys()]))].sort((a, b) => a - b)
  const rows = steps.map((step) => [step, ...columns.map(({ values }) => values.get(step) ?? '')].join(','))
  const header = ['step', ...columns.map(({ name }) => (name.includes(',') ? `"${name}"` : name))].join(',')
  return `${[header, ...rows].join('\n')}\n`
}
