import { expect } from 'vitest'

/** Agreement with a float32 calculation: relative, and absolute below `scale`. */
export function expectRelative(found: number | undefined, expected: number, tolerance = 1e-5, scale = 0): void {
  const difference = Math.abs((found ?? Number.NaN) - expected)
  expect(difference, `${found} where ${expected} is right`).toBeLessThanOrEqual(
    tolerance * Math.max(scale, Math.abs(expected)),
  )
}
