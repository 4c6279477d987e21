import { expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { predictionRows } from './prediction-rows.ts'
import type { SweepResult } from './result.ts'

const result = (strategy: SweepResult['strategy'], n: number, rest: Partial<SweepResult>): SweepResult => ({
  key: `${strategy}${n}${JSON.stringify(rest)}`,
  search: `${strategy}:n=${n}`,
  problem: 0,
  strategy,
  config: { ...DEFAULT_CONFIG, n },
  budget: n,
  pair: 0,
  seed: 7,
  correct: true,
  answer: '5',
  policyTokens: 1,
  rewardTokens: 1,
  tokensAsked: 2,
  flops: { policy: 1, reward: 1 },
  seconds: 1,
  shared: null,
  finished: n,
  passes: 1,
  ...rest,
})

it('gives search-and-learn’s columns by problem: best-of-N is naive, of the largest n it is pred', () => {
  const rows = predictionRows(
    [
      result('sampling', 4, {}),
      result('sampling', 16, { answer: '6' }),
      result('best-of-n-prm', 16, { answer: '7' }),
      result('best-of-n-prm', 4, { answer: null }),
      result('weighted-vote-prm', 4, { answer: '8' }),
      // Left out: votes that stop, searches of trees, what failed.
      result('sampling', 4, { answer: '9', config: { ...DEFAULT_CONFIG, voteStop: 'ahead' } }),
      result('beam', 16, { answer: '9' }),
      result('sampling', 8, { error: { message: 'x' } }),
      result('sampling', 4, { problem: 1 }),
    ],
    [{ question: 'a' }, { question: 'b' }],
    ['p'],
  )
  expect(rows).toEqual([
    {
      ...{ question: 'a', policy: 'p', seed: 7, pred: '7' },
      ...{ 'pred_maj@4': '5', 'pred_weighted@4': '8', 'pred_naive@4': '', 'pred_maj@16': '6', 'pred_naive@16': '7' },
    },
    { question: 'b', policy: 'p', seed: 7, pred: '5', 'pred_maj@4': '5' },
  ])
})
