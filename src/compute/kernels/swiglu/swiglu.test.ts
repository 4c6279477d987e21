import { expect, test } from 'vitest'
import { centralDifferences } from '../../testing/central-differences.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { swigluKernel } from './swiglu.ts'
import { swigluBackwardKernel } from './swiglu-backward.ts'

const rowsOf = (count: number) => makeRows(Array.from({ length: count }, () => [0, 0, 0, NO_SLOT]))

/** One row's output from its gates and values. */
function swiglu(row: ArrayLike<number>): number[] {
  return Array.from({ length: row.length / 2 }, (_, i) => {
    const at = Math.floor(i / 4) * 8 + (i % 4)
    const gate = row[at] as number
    return (gate / (1 + Math.exp(-gate))) * (row[at + 4] as number)
  })
}

onEachBackend('swiglu', (backend) => {
  test.each([
    { columns: 8, lanes: 1 },
    { columns: 56, lanes: 4 },
    { columns: 56, lanes: 64 },
  ])('gates four values by four gates, $columns columns, $lanes lanes', async ({ columns, lanes }) => {
    const input = someFloats(7 * columns, 1, 9)
    const output = new Float32Array((7 * columns) / 2).fill(7)
    const found = await runKernel(backend(), swigluKernel({ columns, lanes }), { rows: rowsOf(5), input, output }, 7)
    for (let row = 0; row < 5; row++) {
      const expected = swiglu(input.subarray(row * columns, (row + 1) * columns))
      const own = found.output.subarray((row * columns) / 2, ((row + 1) * columns) / 2)
      expect(relativeError(own, expected)).toBeLessThan(2e-6)
    }
    expect(found.output.subarray((5 * columns) / 2).every((value) => value === 7)).toBe(true)
  })

  test.each([
    { columns: 8, lanes: 1 },
    { columns: 56, lanes: 4 },
    { columns: 56, lanes: 64 },
  ])('has gradients that agree with differences, $columns columns, $lanes lanes', async ({ columns, lanes }) => {
    const input = someFloats(7 * columns, 1, 9)
    const gradient = someFloats((7 * columns) / 2, 2, 3)
    const output = new Float32Array(7 * columns).fill(7)
    const kernel = swigluBackwardKernel({ columns, lanes })
    const found = await runKernel(backend(), kernel, { rows: rowsOf(5), input, gradient, output }, 7)
    for (let row = 0; row < 5; row++) {
      const given = gradient.subarray((row * columns) / 2, ((row + 1) * columns) / 2)
      const loss = (at: Float64Array) => swiglu(at).reduce((sum, y, i) => sum + y * (given[i] as number), 0)
      const expected = centralDifferences(loss, input.subarray(row * columns, (row + 1) * columns))
      expect(relativeError(found.output.subarray(row * columns, (row + 1) * columns), expected)).toBeLessThan(2e-6)
    }
    expect(found.output.subarray(5 * columns).every((value) => value === 7)).toBe(true)
  })

  test('takes gates of any size, and keeps zeros zero', async () => {
    // Past ±88, exp() leaves float32 on one side or the other.
    const gates = [-1e30, -200, 200, 1e30]
    const input = Float32Array.of(...gates, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0)
    const shape = { columns: 16, lanes: 4 }
    const forward = { rows: rowsOf(1), input, output: new Float32Array(8) }
    const { output } = await runKernel(backend(), swigluKernel(shape), forward, 1)
    expect(relativeError(output.subarray(0, 2), [0, 0])).toBe(0)
    expect(relativeError(output.subarray(2, 4), [400, 2e30])).toBeLessThan(1e-6)
    expect(output.subarray(4).every((value) => value === 0)).toBe(true)
    const backward = { ...forward, gradient: new Float32Array(8).fill(3), output: new Float32Array(16) }
    const gradients = (await runKernel(backend(), swigluBackwardKernel(shape), backward, 1)).output
    expect(gradients.subarray(0, 4).every((value, i) => value === [0, 0, 6, 6][i])).toBe(true)
    expect(relativeError(gradients.subarray(4, 8), [0, 0, 600, 3e30])).toBeLessThan(1e-6)
    expect(gradients.subarray(8).every((value) => value === 0)).toBe(true)
  })
})
