import { expect, test } from 'vitest'
import { centralDifferences } from '../../testing/central-differences.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { gainGradientKernel } from './gain-gradient.ts'

/** Values past `hidden` are zero, as in the decoder. */
function padded(rows: number, hidden: number, stride: number, seed: number): Float32Array {
  return someFloats(rows * stride, seed).map((value, index) => (index % stride < hidden ? value : 0))
}

onEachBackend('gain-gradient', (backend) => {
  test.each([
    { hidden: 37, from: 'row', lanes: 4 },
    { hidden: 37, from: 'slot', lanes: 4 },
    { hidden: 530, from: 'slot', lanes: 64 },
    { hidden: 3, from: 'row', lanes: 1 },
  ] as const)('adds what differences say, $hidden columns, by $from, $lanes lanes', async ({ hidden, from, lanes }) => {
    const stride = Math.ceil(hidden / 8) * 8
    const slots = [3, NO_SLOT, 0, 12, NO_SLOT, 7, 1]
    const input = padded(9, hidden, stride, 1)
    const gradient = padded(13, hidden, stride, 2)
    const scales = someFloats(9, 3, 2)
    input.fill(Number.NaN, 7 * stride)
    scales.fill(Number.NaN, 7)
    const output = padded(1, hidden, stride, 4)
    const rows = makeRows(slots.map((slot) => [0, 0, 0, slot]))
    const kernel = gainGradientKernel({ hidden, stride, from, lanes })
    const found = await runKernel(backend(), kernel, { rows, input, gradient, scales, output }, 9)

    const loss = (gain: Float64Array) => {
      let sum = 0
      slots.forEach((slot, row) => {
        const gradientRow = from === 'slot' ? slot : row
        if (gradientRow === NO_SLOT) return
        for (let h = 0; h < hidden; h++) {
          const normed = (input[row * stride + h] as number) * (scales[row] as number) * (gain[h] as number)
          sum += normed * (gradient[gradientRow * stride + h] as number)
        }
      })
      return sum
    }
    const change = centralDifferences(loss, new Float64Array(hidden).fill(1), 1e-2)
    const expected = output.map((value, h) => value + (change[h] ?? 0))
    expect(relativeError(found.output, expected)).toBeLessThan(2e-6)
    expect(found.output.subarray(hidden).every((value) => value === 0)).toBe(true)
  })
})
