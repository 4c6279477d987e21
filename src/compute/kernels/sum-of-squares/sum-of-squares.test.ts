import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { sumOfSquaresKernel } from './sum-of-squares.ts'

onEachBackend('sum-of-squares', (backend) => {
  test.each([
    { quads: 4321, partials: 13, lanes: 1 },
    { quads: 4321, partials: 13, lanes: 64 },
    { quads: 40_000, partials: 1, lanes: 1 },
    { quads: 40_000, partials: 2, lanes: 64 },
    { quads: 3, partials: 8, lanes: 1 },
    { quads: 3, partials: 8, lanes: 64 },
  ])('sums $quads quads in $partials spans, $lanes lanes', async ({ quads, partials, lanes }) => {
    const input = someFloats(4 * quads + 4, 1, 1e6)
    input.fill(Number.NaN, 4 * quads)
    const kernel = sumOfSquaresKernel({ partials, lanes, serialLanes: 4 })
    const rows = Uint32Array.of(quads, 0, 0, 0)
    const output = new Float32Array(partials + 9).fill(7)
    const found = await runKernel(backend(), kernel, { rows, place: Uint32Array.of(5), input, output }, quads)
    const span = 4 * Math.ceil(quads / partials)
    const expected = Array.from({ length: partials }, (_, p) => {
      const squares = Array.from(input.subarray(p * span, Math.min((p + 1) * span, 4 * quads)), (x) => x * x)
      return squares.reduce((sum, square) => sum + square, 0)
    })
    expect(relativeError(found.output.subarray(5, 5 + partials), expected)).toBeLessThan(2e-6)
    const others = [...found.output.subarray(0, 5), ...found.output.subarray(5 + partials)]
    expect(others.every((value) => value === 7)).toBe(true)
  })
})
