import type { TrainingRun } from '../../state/types.ts'
import type { SeriesPoint } from '../../viz/layout/metric-series.ts'
import type { ChartSeries } from '../../viz/marks/line-chart.tsx'

export interface MetricChart {
  /** TRL's name, or what its series have in common. */
  readonly title: string
  readonly series: readonly ChartSeries[]
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
  const held = new Map<string, SeriesPoint[]>()
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
    for (const [name, value] of Object.entries(metrics)) add(held, name.replace(/^eval\//, ''), step, value)
  }
  const charts = new Map<string, ChartSeries[]>()
  const put = (name: string, points: SeriesPoint[], sparse: boolean, own: string) => {
    const title = TOGETHER[name]?.title ?? name
    const series = { name: own, points, sparse, exact: name === 'learning_rate' }
    charts.set(title, [...(charts.get(title) ?? []), series])
  }
  for (const [name, points] of trained) {
    put(name, points, false, TOGETHER[name]?.name ?? (held.has(name) ? 'training' : name))
  }
  for (const [name, points] of held) {
    // The held-out values of series that share a chart would be too much for it.
    if (!(name in TOGETHER)) put(name, points, true, trained.has(name) ? 'held out' : name)
  }
  return [...charts]
    .map(([title, series]) => ({ title, series }))
    .toSorted((a, b) => rank(a.title) - rank(b.title))
    .map(({ title, series }) => ({ title: (series.length > 1 ? TITLES[title] : undefined) ?? title, series }))
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
    series.map(({ name, points }) => ({
      name: series.length > 1 ? `${title} ${name}` : title,
      values: new Map(points.map(({ x, y }) => [x, y])),
    })),
  )
  const steps = [...new Set(columns.flatMap(({ values }) => [...values.keys()]))].sort((a, b) => a - b)
  const rows = steps.map((step) => [step, ...columns.map(({ values }) => values.get(step) ?? '')].join(','))
  const header = ['step', ...columns.map(({ name }) => (name.includes(',') ? `"${name}"` : name))].join(',')
  return `${[header, ...rows].join('\n')}\n`
}
