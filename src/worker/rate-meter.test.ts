import { expect, it } from 'vitest'
import { RateMeter } from './rate-meter.ts'

it('follows a total over the last second', () => {
  let now = 0
  const meter = new RateMeter(() => now)
  const look = (at: number, total: number): number => {
    now = at
    return meter.look(total)
  }
  expect(look(0, 100)).toBe(0)
  expect(look(500, 600)).toBe(1000)
  expect(look(1000, 600)).toBe(500)
  expect(look(1500, 600)).toBeCloseTo(500 / 1.5)
  expect(look(2000, 600)).toBe(0)
  // A rest is no part of the rate after it.
  expect(look(60_000, 600)).toBe(0)
  expect(look(60_500, 1100)).toBe(1000)
  // Another engine counts from the start.
  expect(look(61_000, 10)).toBe(0)
  expect(look(61_500, 20)).toBe(20)
})
