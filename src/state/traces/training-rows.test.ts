import { expect, test } from 'vitest'
import { madeTrace } from './testing/made-trace.ts'
import type { MadeLabels, StepLabel, TracesState } from './traces-state.ts'
import { trainingRows } from './training-rows.ts'

const STEPS = ['3*5=15 : 8 15', '15+8=23 : 23', 'A 23']

const made = (
  kind: MadeLabels['kind'],
  index: number,
  steps: readonly StepLabel[],
  firstError: number | null,
): MadeLabels => ({
  set: 's',
  index,
  kind,
  steps,
  firstError,
  runs: null,
  policy: null,
  at: '2026-11-27T12:00:00Z',
})

const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

test('labels by hand: up to the first unmarked step, or the first wrong one', () => {
  const labels: TracesState['made'] = {
    human: {
      's/0': made('human', 0, [1, 'neutral', null], null),
      's/1': made('human', 1, [1, 0, null], 1),
      's/2': made('human', 2, [null, 1, 1], null),
    },
    'monte-carlo': {},
  }
  const found = trainingRows([madeTrace(0), madeTrace(1), madeTrace(2), madeTrace(3)], labels, 'human')
  expect(found).toMatchObject({ traces: 2, steps: 4, apart: 0 })
  // The prompt is in the task's notation, as in the data that its models learned from.
  expect(rowsOf(found.text)).toEqual([
    { prompt: 'Q 3 5 8 > 23\n', completions: STEPS.slice(0, 2), labels: [true, true] },
    { prompt: 'Q 3 5 8 > 23\n', completions: STEPS.slice(0, 2), labels: [true, false] },
  ])
})

test('a file that names the first wrong step alone; Monte Carlo estimates stay soft', () => {
  const none: TracesState['made'] = { human: {}, 'monte-carlo': { 's/1': made('monte-carlo', 1, [0.25, 0.75, 0], 2) } }
  const file = trainingRows([madeTrace(0, { firstError: 1, asked: null })], none, 'file')
  expect(rowsOf(file.text)).toEqual([{ prompt: '3 5 8 > 23', completions: STEPS.slice(0, 2), labels: [true, false] }])
  const soft = trainingRows([madeTrace(1)], none, 'monte-carlo')
  expect(rowsOf(soft.text)).toMatchObject([{ labels: [0.25, 0.75, false] }])
})

test('consensus: only traces on which completions and the other labels put the first wrong step at one place', () => {
  const labels: TracesState['made'] = {
    human: { 's/0': made('human', 0, [1, 0, null], 1) },
    'monte-carlo': {
      's/0': made('monte-carlo', 0, [0.5, 0, 0], 1),
      's/1': made('monte-carlo', 1, [0.5, 0.5, 0], 2),
      's/2': made('monte-carlo', 2, [0.5, 0.5, 0], 2),
    },
  }
  const traces = [madeTrace(0), madeTrace(1, { exact: [1, 0, 0] }), madeTrace(2)]
  const found = trainingRows(traces, labels, 'consensus')
  expect(found).toMatchObject({ traces: 1, steps: 2, apart: 1 })
  expect(rowsOf(found.text)).toMatchObject([{ labels: [true, false] }])
})
