import { expect, test } from 'vitest'
import { madeTrace } from './testing/made-trace.ts'
import type { Measured } from './trace-measures.ts'
import { calibratedTraces, correctOf, judgedTraces, pickableTraces, weighedTraces } from './trace-measures.ts'
import type { MadeLabels, Trace } from './traces-state.ts'

const STEPS = ['3*5=15 : 8 15', '15+8=23 : 23', 'A 23']

const estimates: MadeLabels = {
  set: 's',
  index: 1,
  kind: 'monte-carlo',
  steps: [0.5, 0, 0],
  firstError: 1,
  runs: null,
  policy: null,
  at: '2026-11-27T12:00:00Z',
}

function room(traces: readonly Trace[], scores: readonly (readonly number[] | null)[]): Measured {
  return {
    sets: [{ id: 's', name: 'a file', source: 'file', formats: [], count: traces.length, left: 0, createdAt: '' }],
    traces,
    made: { human: {}, 'monte-carlo': { 's/1': estimates } },
    truth: 'any',
    scores: { one: { s: scores } },
    slots: { a: { model: { kind: 'bundled', id: 'm', name: 'M' }, scorer: 'one' }, b: null },
  }
}

test('judged: scores for each step and a known first wrong step; a file is the part of what has none', () => {
  const shown = room(
    [
      madeTrace(0, { firstError: 2, subset: 'gsm8k' }),
      madeTrace(1),
      madeTrace(2, { firstError: -1 }),
      madeTrace(3),
      madeTrace(4, { firstError: 0 }),
    ],
    [[0.9, 0.8, 0.1], [0.9, 0.9, 0.9], [0.7, 0.7, 0.7], [1, 1, 1], [0.5]],
  )
  // Trace 3 has no label, trace 4 one score for the whole response.
  expect(judgedTraces(shown, 'a').map(({ firstError, subset }) => [firstError, subset])).toEqual([
    [2, 'gsm8k'],
    [1, 'a file'],
    [-1, 'a file'],
  ])
  expect(judgedTraces(shown, 'b')).toEqual([])
})

test('labels behind the first wrong step mean nothing; neutral counts as right', () => {
  const shown = room(
    [
      madeTrace(0, { labels: [1, 'neutral', null] }),
      madeTrace(1, { exact: [1, 0, 0] }),
      madeTrace(2, { firstError: 1 }),
    ],
    [STEPS.map(() => 0.5), STEPS.map(() => 0.5), STEPS.map(() => 0.5)],
  )
  const labels = (kind: Parameters<typeof calibratedTraces>[2]) =>
    calibratedTraces(shown, 'a', kind).map((one) => one.labels)
  expect(labels('file')).toEqual([
    [1, 1, null],
    [1, 0, null],
  ])
  expect(labels('exact')).toEqual([[1, 0, null]])
  expect(labels('monte-carlo')).toEqual([[0.5, 0, null]])
  expect(weighedTraces(shown, 'a')[1]?.monteCarlo).toEqual([0.5, 0, 0])
})

test('right by the task, or by a file’s answer; unknown where nothing says it', () => {
  expect(correctOf(madeTrace(0)).correct).toBe(true)
  expect(correctOf(madeTrace(0, { steps: ['3*5=15 : 8 15', 'A 15'] })).correct).toBe(false)
  const free = { asked: null, problem: 'What is 6 * 7?', steps: ['6 * 7 = 42', 'The answer is 42.'] }
  expect(correctOf(madeTrace(0, { ...free, answer: '42' }))).toMatchObject({ correct: true })
  expect(correctOf(madeTrace(0, { ...free, answer: '41' }))).toMatchObject({ correct: false })
  expect(correctOf(madeTrace(0, free)).correct).toBeNull()
  const shown = room([madeTrace(0), madeTrace(1, free), madeTrace(2)], [[1, 1, 1], [1, 1], null])
  expect(pickableTraces(shown, ['a'])).toHaveLength(1)
})
