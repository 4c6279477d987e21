import { describe, expect, it } from 'vitest'
import type { SweepConfig } from './config.ts'
import { budgetOf } from './config.ts'
import { resultCount, searchesOf } from './plan.ts'

const config: SweepConfig = {
  version: 1,
  task: 'countdown',
  problems: { source: 'generated', difficulty: '3-numbers', count: 5, seed: 1, split: 'held-out' },
  lines: [
    { strategy: 'greedy-decoding', config: {} },
    { strategy: 'sampling', config: {} },
    { strategy: 'beam', config: { m: 4 } },
    { strategy: 'mcts', config: {} },
  ],
  budgets: [1, 8],
  vary: {},
  models: [
    { policy: 'a', reward: 'b' },
    { policy: 'c', reward: null },
  ],
  seeds: [1, 2, 3],
}

describe('the searches of a sweep', () => {
  it('give each strategy every budget by its own setting, and greedy decoding none', () => {
    expect(searchesOf(config).map(({ name }) => name)).toEqual([
      'greedy-decoding',
      'sampling:n=1',
      'sampling:n=8',
      // Of one proposal there is one child.
      'beam:n=1:m=1',
      'beam:n=8',
      'mcts:iterations=1',
      'mcts:iterations=8',
    ])
    expect(
      ['sampling', 'mcts', 'revision', 'greedy-tree', 'greedy-decoding'].map((id) => budgetOf(id as 'beam')),
    ).toEqual(['n', 'iterations', 'attempts', 'm', null])
  })

  it('are run with each value of a varied setting, where the strategy uses it, and the same search once', () => {
    const varied = searchesOf({ ...config, budgets: [8], vary: { answerBy: ['score', 'majority'], m: [2, 4] } })
    expect(varied.map(({ name }) => name)).toEqual([
      'greedy-decoding',
      'sampling:n=8',
      'beam:n=8:m=2',
      'beam:n=8',
      'beam:n=8:m=2:answerBy=majority',
      'beam:n=8:answerBy=majority',
      'mcts:m=2:iterations=8',
      'mcts:iterations=8',
    ])
    const twice = { ...config, lines: [...config.lines, { strategy: 'sampling' as const, config: { m: 2 } }] }
    expect(searchesOf(twice)).toHaveLength(7)
  })

  it('take the largest number of children that divides n', () => {
    const [search] = searchesOf({ lines: [{ strategy: 'beam', config: { m: 4 } }], budgets: [6], vary: {} })
    expect(search).toMatchObject({ config: { n: 6, m: 3 }, budget: 6 })
  })

  it('are counted with pairs, seeds and problems: 7 · 2 · 3 · 5', () => {
    expect(resultCount(config, 5)).toBe(210)
  })
})
