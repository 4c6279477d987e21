import { expect, test } from 'vitest'
import type { JudgedGroup } from './judge-responses.ts'
import { judgeResponses } from './judge-responses.ts'

/** Steps `right` are right as long as no `wrong` came; a response is right if all are; `none` gives no answer. */
function group(...responses: readonly string[][]): JudgedGroup {
  const label = (steps: readonly string[]) => ({ label: steps.includes('wrong') ? 0 : 1 }) as const
  return {
    responses: responses.map((steps) => ({ steps })),
    verify: (steps) => ({
      answer: steps.includes('none') ? null : '1',
      correct: !steps.includes('wrong') && !steps.includes('none'),
      explanation: '',
    }),
    label,
  }
}

test('picks the highest path among answers, the first of equal ones, out of as many as every problem has', () => {
  const groups = [
    group(['right', 'wrong'], ['right', 'right'], ['right', 'none']),
    group(['right', 'right'], ['wrong', 'wrong']),
  ]
  const scores = [
    [
      [0.9, 0.2],
      [0.9, 0.8],
      [0.9, 0.9],
    ],
    [
      [0.5, 0.4],
      [0.1, 0.4],
    ],
  ]
  const judged = judgeResponses(groups, scores, 'last')
  expect(judged).toMatchObject({
    problems: 2,
    n: 2,
    best: 2,
    rates: [
      { successes: 1, trials: 2 },
      { successes: 1, trials: 2 },
    ],
  })
  expect(judged.steps).toMatchObject({ count: 10, right: 0.7, auc: 1 - 0.5 / 21 })
  // First problem, depth 1: 0.8 and 0.9 above 0.2. Second: 0.5 above 0.1, and a tie at depth 1.
  expect(judged.steps?.within).toMatchObject({ auc: 3.5 / 4, pairs: 4, groups: 3, problems: 2 })
  // Traces: the first error of each wrong one is found; of the three right ones, one has a step below 0.5.
  expect(judged.steps?.firstErrorF1).toBeCloseTo(2 / (1 + 3 / 2), 12)
})

test('without an answer anywhere the highest path is picked', () => {
  expect(judgeResponses([group(['none'], ['none'])], [[[0.1], [0.9]]], 'last').best).toBe(0)
  // Only the second of these is called right, answer or not.
  const second = group(['none'], ['none', 'right'])
  const called = {
    ...second,
    verify: (steps: readonly string[]) => ({ answer: null, correct: steps.length === 2, explanation: '' }),
  }
  expect(judgeResponses([called], [[[0.1], [0.2, 0.9]]], 'last').best).toBe(1)
  expect(judgeResponses([called], [[[0.9], [0.2, 0.1]]], 'last').best).toBe(0)
  expect(() => judgeResponses([], [], 'last')).toThrow('nothing to judge')
})

test('without exact labels only what is picked is judged; without a gold answer, nothing', () => {
  const { label: _, ...unlabelled } = group(['right'], ['wrong'])
  const judged = judgeResponses([unlabelled], [[[0.9], [0.1]]], 'last')
  expect(judged).toMatchObject({ steps: null, best: 1, rates: [{ successes: 1, trials: 2 }] })
  const unknown = { ...unlabelled, verify: () => ({ answer: '1', correct: null, explanation: '' }) }
  expect(() => judgeResponses([unknown], [[[0.9], [0.1]]], 'last')).toThrow('The problem has no gold answer')
})
