import { expect, it } from 'vitest'
import { ShareClock } from './share-clock.ts'

it('divides the time by those at work: 2 s alone, then 4 s of two, 2 s for each', () => {
  let now = 0
  const clock = new ShareClock(() => now)
  now = 5000
  clock.enter()
  const first = clock.seconds()
  now = 7000
  clock.enter()
  const second = clock.seconds()
  now = 11_000
  expect([clock.seconds() - first, clock.seconds() - second]).toEqual([4, 2])
  clock.leave()
  clock.leave()
  now = 60_000
  expect(clock.seconds() - first).toBe(4)
})
