import { expect, test } from 'vitest'
import { ropeAngles, ropeFrequencies } from './rope.ts'

test('frequencies fall from one radian per position by powers of theta', () => {
  expect([...ropeFrequencies({ type: 'default', theta: 10000 }, 8)]).toEqual(
    [1, 0.1, 0.01, 0.001].map((value) => expect.closeTo(value, 12)),
  )
})

test('linear scaling stretches all of them', () => {
  const plain = ropeFrequencies({ type: 'default', theta: 500 }, 6)
  const scaled = ropeFrequencies({ type: 'linear', theta: 500, factor: 4 }, 6)
  expect([...scaled]).toEqual([...plain].map((frequency) => frequency / 4))
})

test('Llama 3 keeps fast turns, stretches slow ones and blends those between', () => {
  const rope = {
    type: 'llama3',
    theta: 500000,
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalMaxPositions: 64,
  } as const
  const plain = ropeFrequencies({ type: 'default', theta: 500000 }, 12)
  const scaled = ropeFrequencies(rope, 12)
  // Turns within 64 positions: 10.2, 1.14, 0.128, …
  expect(scaled[0]).toBe(plain[0])
  const smooth = ((64 * (plain[1] ?? 0)) / (2 * Math.PI) - 1) / 3
  expect(scaled[1]).toBeCloseTo((plain[1] ?? 0) * ((1 - smooth) / 8 + smooth), 12)
  for (const pair of [2, 3, 4, 5]) expect(scaled[pair]).toBe((plain[pair] ?? 0) / 8)
})

test('angles are cosine and sine of position times frequency', () => {
  const angles = ropeAngles({ type: 'default', theta: 100 }, 4, 30)
  expect(angles).toHaveLength(120)
  expect([...angles.slice(29 * 4)]).toEqual(
    [Math.cos(29), Math.sin(29), Math.cos(2.9), Math.sin(2.9)].map((value) => Math.fround(value)),
  )
})
