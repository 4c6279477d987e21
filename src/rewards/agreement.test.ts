import { expect, test } from 'vitest'
import { agreement } from './agreement.ts'

test('compares what both call right, beyond chance', () => {
  const a = [1, 1, 1, 1, 0, 0, 0, 0, 1, 0]
  const b = [1, 1, 1, 0, 0, 0, 0, 1, 1, 0]
  expect(agreement(a, b)).toEqual({ share: 0.8, kappa: expect.closeTo(0.6, 12), distance: 0.2 })
})

test('soft labels are cut at the threshold and measured as they are', () => {
  const [a, b] = [
    [0.75, 0.75, 0.25],
    [0.5, 0.5, 0.5],
  ]
  expect(agreement(a, b, 0.5)).toMatchObject({ share: 2 / 3, distance: 0.25 })
  expect(agreement(a, b, 0.6)).toMatchObject({ share: expect.closeTo(1 / 3, 12), distance: 0.25 })
})

test('where both always say the same, chance explains everything', () => {
  expect(agreement([1, 1], [1, 1])).toEqual({ share: 1, kappa: null, distance: 0 })
})

test('needs pairs', () => {
  expect(agreement([], [])).toBeNull()
  expect(() => agreement([1], [1, 0])).toThrow(RangeError)
})
