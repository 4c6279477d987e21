import { expect, test } from 'vitest'
import { columnsOf, listed } from './trace-columns.ts'
import type { TraceView } from './trace-view.ts'
import { EVERYTHING } from './trace-view.ts'
import type { Trace, TracesState } from './traces-state.ts'

function trace(index: number, firstError: number | null, steps: readonly string[]): Trace {
  return {
    key: `s/${index}`,
    set: 's',
    index,
    id: null,
    problem: `Problem ${index}`,
    steps,
    labels: null,
    firstError,
    answer: null,
    correct: null,
    subset: null,
    generator: null,
    scores: null,
    origin: { format: 'text', line: 1, index: 0 },
    asked: null,
    exact: null,
  }
}

const model = { kind: 'bundled', id: 'm', name: 'M' } as const
const state: Pick<TracesState, 'traces' | 'made' | 'truth' | 'scores' | 'slots'> = {
  traces: [
    trace(0, -1, ['a', 'b']),
    trace(1, 1, ['a', 'wrong b']),
    trace(2, null, ['a']),
    trace(3, 0, ['c', 'd', 'e']),
  ],
  made: { human: {}, 'monte-carlo': {} },
  truth: 'any',
  // Of the last trace there is no score yet.
  scores: { k: { s: [[0.9, 0.8], [0.7, 0.6], [0.2]] } },
  slots: { a: { model, scorer: 'k' }, b: null },
}
const columns = columnsOf(state)
const scores = state.scores.k ?? null
const places = (view: Partial<TraceView>) => [...listed(state, columns, { ...EVERYTHING, ...view }, scores)]

test('numbers of traces: lengths, first wrong steps, lowest scores, how far scores are from the truth', () => {
  expect([...columns.length]).toEqual([2, 2, 1, 3])
  expect([...columns.firstError]).toEqual([-1, 1, -2, 0])
  expect([...columns.lowest.a].map((score) => Number(score.toFixed(4)))).toEqual([0.8, 0.6, 0.2, Number.NaN])
  // Right up to the error, wrong there: |0.8 − 1|, |0.6 − 0|; the last two are not known.
  expect([...columns.disagreement].map((one) => Number(one.toFixed(4)))).toEqual([0.2, 0.6, Number.NaN, Number.NaN])
})

test('sorted, traces without the number are last whichever way', () => {
  expect(places({ sort: 'first-error' })).toEqual([3, 1, 0, 2])
  expect(places({ sort: 'first-error', descending: true })).toEqual([1, 3, 0, 2])
  expect(places({ sort: 'disagreement', descending: true })).toEqual([1, 0, 2, 3])
  expect(places({ sort: 'lowest' })).toEqual([2, 1, 0, 3])
  expect(places({ sort: 'length', descending: true })).toEqual([3, 0, 1, 2])
})

test('filters: text in any case, truth, and whether the first step below the threshold is the wrong one', () => {
  expect(places({ query: 'WRONG' })).toEqual([1])
  expect(places({ outcome: 'wrong' })).toEqual([1, 3])
  expect(places({ outcome: 'right' })).toEqual([0])
  expect(places({ outcome: 'unknown' })).toEqual([2])
  expect(places({ judged: 'found', threshold: 0.65 })).toEqual([0, 1])
  expect(places({ judged: 'missed', threshold: 0.5 })).toEqual([1])
  expect(places({ judged: 'unscored' })).toEqual([3])
})
