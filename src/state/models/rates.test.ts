import { expect, it } from 'vitest'
import { addRate, RATE_LOOKS } from './rates.ts'

it('keeps the newest looks, and one zero at the end of work', () => {
  const busy = Array.from({ length: RATE_LOOKS + 5 }, (_, index) => index + 1)
  const full = busy.reduce<readonly number[]>(addRate, [])
  expect(full).toEqual(busy.slice(5))
  const idle = addRate(full, 0)
  expect(idle.at(-1)).toBe(0)
  expect(addRate(idle, 0)).toBe(idle)
  expect(addRate([], 0)).toEqual([])
})
