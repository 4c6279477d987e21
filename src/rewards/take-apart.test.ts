import { expect, test } from 'vitest'
import { takeApart } from './take-apart.ts'

/** A prefix is right without a “bad” step; “broken” ones do not keep the rules either. */
const label = (steps: readonly string[]) => ({ label: steps.some((step) => /bad|broken/.test(step)) ? 0 : 1 }) as const
const isValid = (steps: readonly string[]) => !steps.some((step) => step.startsWith('broken'))

test('tells where scores are wrong, by threshold, depth and kind, up to the first wrong step', () => {
  const responses = [['a', 'bad', 'c'], ['a', 'b'], ['broken'], ['a', 'bad', 'd']].map((steps) => ({ steps }))
  const scores = [[0.9, 0.7, 0.1], [0.4, 0.8], [0.2], [0.9, 0.7, 0.3]]
  const taken = takeApart([{ text: 'p', responses, label, isValid }], [scores])
  expect(taken?.calibration?.steps).toBe(7)
  expect(taken?.depths).toMatchObject([
    { depth: 1, steps: 4, right: 0.75, auc: 1, missed: { hits: 0, count: 1 }, alarmed: { hits: 1, count: 3 } },
    { depth: 2, steps: 3, missed: { hits: 2, count: 2 }, alarmed: { hits: 0, count: 1 } },
  ])
  expect([taken?.broken?.hits, taken?.deadEnds?.hits, taken?.deadEnds?.count]).toEqual([0, 2, 2])
  expect(taken?.thresholds[7]).toMatchObject({ error: { hits: 3, count: 3 }, correct: { hits: 0, count: 1 } })
  // The same beginning is quoted once.
  expect(taken?.tooHigh.map(({ step, score }) => [step, score])).toEqual([
    [1, 0.7],
    [0, 0.2],
  ])
})

test('says nothing where the task has no exact labels', () => {
  expect(takeApart([{ text: 'p', responses: [{ steps: ['a'] }] }], [[[0.5]]])).toBeNull()
})
