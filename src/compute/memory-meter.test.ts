import { expect, test } from 'vitest'
import { MemoryMeter } from './memory-meter.ts'

test('counts live and peak bytes by purpose', () => {
  const meter = new MemoryMeter()
  meter.add('weights', 100)
  meter.add('cache', 40)
  meter.remove('weights', 100)
  meter.add('weights', 30)
  expect(meter.liveByPurpose()).toEqual({ weights: 30, cache: 40 })
  expect(meter.peakByPurpose()).toEqual({ weights: 100, cache: 40 })
  expect([meter.liveBytes, meter.peakBytes]).toEqual([70, 140])
  meter.remove('weights', 30)
  meter.remove('cache', 40)
  expect(meter.liveByPurpose()).toEqual({})
  expect(meter.liveBytes).toBe(0)
})
