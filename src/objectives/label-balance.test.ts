import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LabelledSteps } from './label-balance.ts'
import { LabelBalance } from './label-balance.ts'

function weighed(by: 'depth' | 'problem', traces: readonly LabelledSteps[]) {
  const balance = new LabelBalance(by)
  for (const trace of traces) balance.add(trace)
  return traces.map((trace) => balance.weigh(trace))
}

/** What all labels of each group weigh, right and wrong. */
function sums(by: 'depth' | 'problem', traces: readonly LabelledSteps[]) {
  const found = new Map<string, { right: number; wrong: number }>()
  weighed(by, traces).forEach((weights, trace) => {
    weights.forEach(({ right, wrong }, depth) => {
      const { problem, labels } = traces[trace] as LabelledSteps
      const key = by === 'depth' ? `${depth}` : `${depth} ${problem}`
      const sum = found.get(key) ?? { right: 0, wrong: 0 }
      const label = labels[depth] ?? Number.NaN
      found.set(key, { right: sum.right + right * label, wrong: sum.wrong + wrong * (1 - label) })
    })
  })
  return [...found.values()]
}

test('three right and one wrong at a depth weigh two each', () => {
  const traces = [1, 1, 1, 0].map((label) => ({ problem: 'p', labels: [label] }))
  expect(weighed('depth', traces)).toEqual(traces.map(() => [{ right: 2 / 3, wrong: 2 }]))
})

test('labels that are all alike weigh nothing, and a rare one eight at most', () => {
  const alike = [0, 1].map(() => ({ problem: 'p', labels: [1] }))
  expect(weighed('depth', alike).flat()).toEqual([
    { right: 0, wrong: 0 },
    { right: 0, wrong: 0 },
  ])
  const rare = Array.from({ length: 100 }, (_, index) => ({ problem: 'p', labels: [index === 0 ? 0 : 1] }))
  expect(weighed('depth', rare)[0]).toEqual([{ right: 8 / 99, wrong: 8 }])
})

test('within a problem, another problem does not count', () => {
  const traces = [
    { problem: 'easy', labels: [1] },
    { problem: 'easy', labels: [1] },
    { problem: 'hard', labels: [0] },
    { problem: 'hard', labels: [1] },
  ]
  const nothing = [{ right: 0, wrong: 0 }]
  const one = [{ right: 1, wrong: 1 }]
  expect(weighed('problem', traces)).toEqual([nothing, nothing, one, one])
  expect(weighed('depth', traces)).toEqual(traces.map(() => [{ right: 2 / 3, wrong: 2 }]))
})

test('right and wrong weigh the same in every group, soft labels too', () => {
  const trace = fc.record({
    problem: fc.constantFrom('a', 'b', 'c'),
    labels: fc.array(fc.constantFrom(0, 0.125, 0.5, 1), { minLength: 1, maxLength: 5 }),
  })
  fc.assert(
    fc.property(
      fc.array(trace, { maxLength: 30 }),
      fc.constantFrom('depth' as const, 'problem' as const),
      (traces, by) => {
        for (const { right, wrong } of sums(by, traces)) expect(right).toBeCloseTo(wrong, 9)
      },
    ),
  )
})
