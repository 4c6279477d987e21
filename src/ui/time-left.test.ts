import { expect, it } from 'vitest'
import { paceOf, timeLeft } from './time-left.ts'

it('tells the time left at the speed so far, and nothing too early or when all is done', () => {
  const pace = paceOf(null, 'run 1', 0.1, 0)
  expect(timeLeft(pace, 0.15, 500)).toBeNull()
  expect(timeLeft(pace, 0.3, 2000)).toBeCloseTo(7000)
  expect(timeLeft(pace, 1, 9000)).toBeNull()
})

it('begins anew for other work, and where the work goes back', () => {
  const first = paceOf(null, 'run 1', 0.1, 0)
  expect(paceOf(first, 'run 1', 0.5, 4000)).toBe(first)
  const next = paceOf(first, 'run 2', 0.5, 4000)
  expect(next).toEqual({ of: 'run 2', at: 4000, value: 0.5 })
  expect(timeLeft(next, 0.5, 4000)).toBeNull()
  expect(paceOf(first, 'run 1', 0.05, 4000)).toEqual({ of: 'run 1', at: 4000, value: 0.05 })
})
