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
    for (const title of titles) expect(metricWords(title), title).not.toBeNull()
  })

  it('are a table with gaps', () => {
    expect(chartCsv(metricCharts(run).slice(0, 2))).toBe(
      'step,loss training,loss held out,pass@1\n1,2,,\n2,1,1.5,0.5\n',
    )
  })
})
