import { expect, test } from 'vitest'
import type { WeighedTrace } from './disagreements.ts'
import { disagreements } from './disagreements.ts'

const trace = (given: Partial<WeighedTrace>): WeighedTrace => ({
  scores: [],
  monteCarlo: null,
  firstError: null,
  correct: null,
  ...given,
})

test('high scores where completions fail, and low ones where they succeed, the strongest first', () => {
  const given = [
    trace({ scores: [0.9, 0.8], monteCarlo: [0.3, 0.1] }), // by 0.6 and 0.7
    trace({ scores: [0.9], monteCarlo: [0] }), // by 0.9
    trace({ scores: [0.6], monteCarlo: [0.2] }), // by 0.4: too little
    trace({ scores: [0.1, 0.2], monteCarlo: [null, 1] }), // low by 0.8
    trace({ scores: [0.9] }),
  ]
  expect(disagreements(given, 'high-but-fails')).toEqual([
    { trace: 1, step: 0, strength: expect.closeTo(0.9) },
    { trace: 0, step: 1, strength: expect.closeTo(0.7) },
  ])
  expect(disagreements(given, 'low-but-succeeds')).toEqual([{ trace: 3, step: 1, strength: expect.closeTo(0.8) }])
})

test('right answers by wrong steps, and wrong ones with high scores throughout', () => {
  const given = [
    trace({ scores: [0.9, 0.7], firstError: 1, correct: true }),
    trace({ scores: [0.9, 0.8], firstError: 0, correct: true }),
    trace({ scores: [0.9], firstError: -1, correct: true }),
    trace({ scores: [0.6, 0.5], firstError: 1, correct: false }),
    trace({ scores: [0.6, 0.4], firstError: 1, correct: false }),
    trace({ scores: [], correct: false }),
  ]
  expect(disagreements(given, 'right-by-wrong-steps')).toEqual([
    { trace: 1, step: 0, strength: 0.9 },
    { trace: 0, step: 1, strength: 0.7 },
  ])
  // A score at the threshold is right.
  expect(disagreements(given, 'wrong-with-high-scores', 0.5)).toEqual([{ trace: 3, step: null, strength: 0.5 }])
  expect(disagreements(given, 'wrong-with-high-scores', 0.55)).toEqual([])
})
