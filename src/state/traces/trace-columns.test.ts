import { expect, test } from 'vitest'
import { madeTrace } from './testing/made-trace.ts'
import { columnsOf, listed } from './trace-columns.ts'
import type { TraceView } from './trace-view.ts'
import { EVERYTHING } from './trace-view.ts'
import type { TracesState } from './traces-state.ts'

const model = { kind: 'bundled', id: 'm', name: 'M' } as const
const state: Pick<TracesState, 'traces' | 'made' | 'truth' | 'scores' | 'slots'> = {
  traces: [
    madeTrace(0, { firstError: -1, steps: ['a', 'b'] }),
    madeTrace(1, { firstError: 1, steps: ['a', 'wrong b'] }),
    madeTrace(2, { firstError: null, steps: ['a'] }),
    madeTrace(3, { firstError: 0, steps: ['c', 'd', 'e'] }),
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
