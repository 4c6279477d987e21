import { expect, test } from 'vitest'
import { centralDifferences } from '../../testing/central-differences.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { rmsnormBackwardKernel } from './rmsnorm-backward.ts'

const EPSILON = 1e-5

/** Values past `hidden` are zero, as in the decoder. */
function padded(rows: number, hidden: number, stride: number, seed: number, size: number): Float32Array {
  return someFloats(rows * stride, seed, size).map((value, index) => (index % stride < hidden ? value : 0))
}

const scaleOf = (x: ArrayLike<number>, hidden: number) =>
  1 / Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0) / hidden + EPSILON)

/** By differences of Σ gradient · rmsnorm(x). */
function expectedGradient(x: Float32Array, gain: Float32Array, gradient: Float32Array, hidden: number): number[] {
  const loss = (at: Float64Array) => {
    const scale = scaleOf(at, hidden)
    return at.reduce((sum, value, h) => sum + value * scale * (gain[h] as number) * (gradient[h] as number), 0)
  }
  const inside = centralDifferences(loss, x.subarray(0, hidden))
  return Array.from(x, (_, h) => inside[h] ?? 0)
}

onEachBackend('rmsnorm-backward', (backend) => {
  test.each([
    { lanes: 1, hidden: 37, size: 1, epilogue: 'store' },
    { lanes: 64, hidden: 37, size: 1, epilogue: 'add' },
    { lanes: 1, hidden: 128, size: 1e15, epilogue: 'store' },
    { lanes: 64, hidden: 530, size: 1e15, epilogue: 'store' },
    { lanes: 1, hidden: 3, size: 1e-4, epilogue: 'add' },
  ] as const)(
    'agrees with differences, rows of $hidden up to $size, $lanes lanes, $epilogue',
    async ({ lanes, hidden, size, epilogue }) => {
      const stride = Math.ceil(hidden / 8) * 8
      const input = padded(9, hidden, stride, 3, size)
      const gain = padded(1, hidden, stride, 4, 2)
      const gradient = padded(9, hidden, stride, 5, 1)
      // Nothing past the count may be touched.
      for (const values of [input, gradient]) values.fill(Number.NaN, 7 * stride)
      const output = padded(9, hidden, stride, 6, 1 / size)
      const scales = new Float32Array(9).fill(7)
      const kernel = rmsnormBackwardKernel({
        ...{ hidden, stride, epsilon: EPSILON, from: 'row', epilogue, lanes, serialLanes: 4 },
      })
      const rows = makeRows(Array.from({ length: 7 }, () => [0, 0, 0, NO_SLOT]))
      const found = await runKernel(backend(), kernel, { rows, input, gain, gradient, output, scales }, 9)
      for (let row = 0; row < 7; row++) {
        const of = (values: Float32Array) => values.subarray(row * stride, (row + 1) * stride)
        const before = of(output)
        const expected = expectedGradient(of(input), gain, of(gradient), hidden).map(
          (value, h) => value + (epilogue === 'add' ? (before[h] as number) : 0),
        )
        expect(relativeError(of(found.output), expected)).toBeLessThan(3e-6)
        expect(
          of(found.output)
            .subarray(hidden)
            .every((value) => value === 0),
        ).toBe(true)
        expect(relativeError([found.scales[row] as number], [scaleOf(of(input), hidden)])).toBeLessThan(1e-6)
      }
      expect([...found.output.subarray(7 * stride)]).toEqual([...output.subarray(7 * stride)])
      expect([...found.scales.subarray(7)]).toEqual([7, 7])
    },
  )

  test.each([
    { lanes: 1, epilogue: 'store' },
    { lanes: 64, epilogue: 'store' },
    { lanes: 1, epilogue: 'add' },
    { lanes: 64, epilogue: 'add' },
  ] as const)('reads gradients from slots, zero where there is none, $lanes lanes, $epilogue', async (given) => {
    const [hidden, stride] = [20, 24]
    const input = padded(4, hidden, stride, 3, 1)
    const gain = padded(1, hidden, stride, 4, 1)
    const gradient = padded(5, hidden, stride, 5, 1)
    const output = padded(4, hidden, stride, 6, 1)
    const slots = [4, NO_SLOT, 0, 2]
    const kernel = rmsnormBackwardKernel({
      ...{ hidden, stride, epsilon: EPSILON, from: 'slot', serialLanes: 4 },
      ...given,
    })
    const rows = makeRows(slots.map((slot) => [0, 0, 0, slot]))
    const inputs = { rows, input, gain, gradient, output, scales: new Float32Array(4) }
    const found = await runKernel(backend(), kernel, inputs, 4)
    slots.forEach((slot, row) => {
      const of = (values: Float32Array, at: number) => values.subarray(at * stride, (at + 1) * stride)
      const own = of(input, row)
      const change = slot === NO_SLOT ? null : expectedGradient(own, gain, of(gradient, slot), hidden)
      const expected = Array.from(own, (_, h) => {
        return (change?.[h] ?? 0) + (given.epilogue === 'add' ? (of(output, row)[h] as number) : 0)
      })
      if (change === null) expect([...of(found.output, row)]).toEqual(expected)
      else expect(relativeError(of(found.output, row), expected)).toBeLessThan(3e-6)
      expect(relativeError([found.scales[row] as number], [scaleOf(own, hidden)])).toBeLessThan(1e-6)
    })
  })
})
