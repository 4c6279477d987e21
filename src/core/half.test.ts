import { expect, test } from 'vitest'
import { halfTable, narrowHalf, widenHalf } from './half.ts'

test('every half survives the way to a number and back', () => {
  for (let half = 0; half < 65536; half++) {
    const value = widenHalf(half)
    if (Number.isNaN(value)) expect(Number.isNaN(widenHalf(narrowHalf(value)))).toBe(true)
    else if (narrowHalf(value) !== half) expect.fail(`${half} came back as ${narrowHalf(value)}`)
  }
  expect([widenHalf(0x0400), widenHalf(0x7bff), Object.is(widenHalf(0x8000), -0)]).toEqual([2 ** -14, 65504, true])
  expect([halfTable()[0x3c00], halfTable()[0x8001]]).toEqual([1, -(2 ** -24)])
})

test('rounds to the nearest, ties to even', () => {
  // Halfway between neighbours, and one float32 to either side, at every size including subnormals and the largest.
  for (let half = 0; half < 0x7bff; half++) {
    const middle = (widenHalf(half) + widenHalf(half + 1)) / 2
    const even = half % 2 === 0 ? half : half + 1
    const found = [narrowHalf(middle), narrowHalf(middle * (1 - 2 ** -23)), narrowHalf(middle * (1 + 2 ** -23))]
    const expected = [even, half, half + 1]
    if (found.join() !== expected.join()) expect.fail(`${middle}: ${found} instead of ${expected}`)
  }
  expect([65519.99, 65520, -1e30].map(narrowHalf)).toEqual([0x7bff, 0x7c00, 0xfc00])
})
