import { describe, expect, it } from 'vitest'
import { chartCsv, metricCharts, stepDomain } from './metric-charts.ts'
import { metricWords } from './metric-words.ts'

const point = (step: number, metrics: Record<string, number>) => ({
  step,
  metrics,
  learningRate: 0.1 * step,
  tokens: 1,
  seconds: 1,
})
const run = {
  points: [point(1, { loss: 2, 'rewards/chosen': 1, 'rewards/rejected': -1 }), point(2, { loss: 1, grad_norm: 3 })],
  evaluations: [{ step: 2, metrics: { 'eval/loss': 1.5, 'eval/pass@1': 0.5 }, samples: [] }],
}

describe('charts of a run', () => {
  it('stand in the order that they are looked at, held-out values beside those of training', () => {
    expect(metricCharts(run).map(({ title, series }) => [title, series.map(({ name }) => name)])).toEqual([
      ['loss', ['training', 'held out']],
      ['pass@1', ['pass@1']],
      ['rewards', ['chosen', 'rejected']],
      ['grad_norm', ['grad_norm']],
      ['learning_rate', ['learning_rate']],
    ])
    expect(stepDomain(run)).toEqual([1, 2])
  })

  it('of a share have a scale of shares, and the interval of a held-out one', () => {
    const look = (step: number, rate: number, low: number, high: number) => ({
      step,
      metrics: { 'eval/pass@1': rate, 'eval/pass@1/low': low, 'eval/pass@1/high': high },
      samples: [],
    })
    const charts = metricCharts({ points: [], evaluations: [look(0, 0.445, 0.39, 0.5), look(20, 0.434, 0.38, 0.49)] })
    expect(charts).toEqual([
      {
        title: 'pass@1',
        kind: 'share',
        note: 'Bars: 95 % intervals over the held-out problems.',
        series: [
          {
            name: 'pass@1',
            sparse: true,
            points: [
              { x: 0, y: 0.445 },
              { x: 20, y: 0.434 },
            ],
            intervals: [
              { x: 0, low: 0.39, high: 0.5 },
              { x: 20, low: 0.38, high: 0.49 },
            ],
          },
        ],
      },
    ])
    expect(chartCsv(charts)).toBe('step,pass@1,pass@1 low,pass@1 high\n0,0.445,0.39,0.5\n20,0.434,0.38,0.49\n')
    // Runs of before intervals were kept have the value alone.
    expect(metricCharts(run)[1]).toMatchObject({ title: 'pass@1', kind: 'share', note: null })
    expect(metricCharts(run).at(-1)).toMatchObject({ title: 'learning_rate', kind: 'set' })
  })

  it('never show the same numbers twice, under two names', () => {
    const metrics = (accuracy: number, length = 30) => ({
      loss: 1,
      reward: 0.5,
      'rollout/reward': 0.5,
      'rollout/accuracy': accuracy,
      'rollout/mean_length': 30,
      'completions/mean_length': length,
    })
    const charts = (...all: Record<string, number>[]) =>
      metricCharts({ points: all.map((one, index) => point(index, one)), evaluations: [] })
    expect(charts(metrics(0.5), metrics(0.5)).map(({ title }) => title)).toEqual([
      'loss',
      'reward',
      'completions/mean_length',
      'learning_rate',
    ])
    expect(charts(metrics(0.5))[1]?.note).toBe('The same numbers as rollout/reward and rollout/accuracy.')
    // Another reward than the verifier's word, other lengths: each is told.
    expect(charts(metrics(0.5), metrics(0.75, 31)).map(({ title }) => title)).toEqual([
      'loss',
      'reward',
      'rollout/accuracy',
      'rollout/mean_length',
      'completions/mean_length',
      'learning_rate',
    ])
  })

  it('say of a loss that is zero but for rounding that it is', () => {
    const charts = (...losses: number[]) =>
      metricCharts({ points: losses.map((loss, step) => point(step, { loss })), evaluations: [] })
    expect(charts(2e-8, -2e-8)[0]?.note).toMatch(/^Zero but for rounding: .*gradient does not/)
    expect(charts(2e-8, 0.1)[0]?.note).toBeNull()
  })

  it('show the verifier beside the reward model that is trained on', () => {
    const titles = (metrics: Record<string, number>) =>
      metricCharts({ points: [point(1, metrics)], evaluations: [] })
        .map(({ title, series }) => [title, series.map(({ name }) => name)])
        .slice(0, 1)
    expect(titles({ 'rollout/accuracy': 0.5, 'rollout/proxy': 0.7 })).toEqual([
      ['verifier and proxy', ['verifier', 'proxy']],
    ])
    expect(titles({ 'rollout/accuracy': 0.5 })).toEqual([['rollout/accuracy', ['verifier']]])
  })

  it('of several series are explained by their own title', () => {
    const pairs = [
      'rewards/chosen',
      'rewards/rejected',
      'logps/chosen',
      'logps/rejected',
      'rollout/accuracy',
      'rollout/proxy',
    ]
    const metrics = Object.fromEntries(pairs.map((name) => [name, 0]))
    const titles = metricCharts({ points: [point(1, metrics)], evaluations: [] })
      .filter(({ series }) => series.length > 1)
      .map(({ title }) => title)
    expect(titles).toEqual(['verifier and proxy', 'rewards', 'logps'])
    for (const title of titles) expect(metricWords(title, 'dpo'), title).not.toBeNull()
  })

  it('are a table with gaps', () => {
    expect(chartCsv(metricCharts(run).slice(0, 2))).toBe(
      'step,loss training,loss held out,pass@1\n1,2,,\n2,1,1.5,0.5\n',
    )
  })
})
