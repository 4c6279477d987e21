import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { rmsnormKernel } from './rmsnorm.ts'

/** Values past `hidden` are zero, as in the decoder. */
function padded(rows: number, hidden: number, stride: number, size: number): Float32Array {
  return someFloats(rows * stride, 3, size).map((value, index) => (index % stride < hidden ? value : 0))
}

function expectedNorm(input: Float32Array, gain: Float32Array, hidden: number, epsilon: number): number[] {
  const mean = input.subarray(0, hidden).reduce((sum, x) => sum + x * x, 0) / hidden
  return [...input].map((x, h) => (x * (gain[h] ?? 0)) / Math.sqrt(mean + epsilon))
}

onEachBackend('rmsnorm', (backend) => {
  test.each([
    { lanes: 1, hidden: 37, size: 1 },
    { lanes: 64, hidden: 37, size: 1 },
    { lanes: 1, hidden: 128, size: 1e15 },
    { lanes: 64, hidden: 530, size: 1e15 },
    { lanes: 1, hidden: 3, size: 1e-4 },
  ])('norms rows of $hidden up to $size, $lanes lanes', async ({ lanes, hidden, size }) => {
    const stride = Math.ceil(hidden / 8) * 8
    const input = padded(9, hidden, stride, size)
    const gain = padded(1, hidden, stride, 2)
    const kernel = rmsnormKernel({ hidden, stride, epsilon: 1e-5, to: 'row', lanes, serialLanes: 4 })
    const rows = makeRows(Array.from({ length: 7 }, () => [0, 0, 0, NO_SLOT]))
    const output = new Float32Array(9 * stride)
    const found = await runKernel(backend(), kernel, { rows, input, gain, output }, 7)
    for (let row = 0; row < 7; row++) {
      const place = [row * stride, (row + 1) * stride] as const
      const expected = expectedNorm(input.subarray(...place), gain, hidden, 1e-5)
      expect(relativeError(found.output.subarray(...place), expected)).toBeLessThan(2e-6)
    }
    // Rows past the count stay as they were.
    expect(found.output.subarray(7 * stride).every((value) => value === 0)).toBe(true)
  })

  test.each([1, 64])(
    'writes rows to the slots of their targets, which may be none or several, %i lanes',
    async (lanes) => {
      const [hidden, stride] = [20, 24]
      const input = padded(3, hidden, stride, 1)
      const gain = padded(1, hidden, stride, 1)
      const kernel = rmsnormKernel({ hidden, stride, epsilon: 1e-6, to: 'slot', lanes, serialLanes: 4 })
      const rows = makeRows([
        [0, 0, 0, 4],
        [1, 0, 0, NO_SLOT],
        [2, 0, 0, 1],
        [0, 0, 0, 2],
      ])
      const found = await runKernel(backend(), kernel, { rows, input, gain, output: new Float32Array(5 * stride) }, 4)
      const at = (row: number) => found.output.subarray(row * stride, (row + 1) * stride)
      const expected = (row: number) =>
        expectedNorm(input.subarray(row * stride, (row + 1) * stride), gain, hidden, 1e-6)
      expect(relativeError(at(4), expected(0))).toBeLessThan(2e-6)
      expect(relativeError(at(1), expected(2))).toBeLessThan(2e-6)
      expect(at(2)).toEqual(at(4))
      for (const slot of [0, 3]) expect(at(slot).every((value) => value === 0)).toBe(true)
    },
  )
})
