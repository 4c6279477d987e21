import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { packed } from '../../testing/packed-weights.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { transposeKernel } from './transpose.ts'

const rowsOf = (count: number) => makeRows(Array.from({ length: count }, () => [0, 0, 0, NO_SLOT]))

onEachBackend('transpose', (backend) => {
  test.each([
    { count: 0, lanes: 4 },
    { count: 1, lanes: 4 },
    { count: 6, lanes: 64 },
    { count: 17, lanes: 4 },
    { count: 40, lanes: 8 },
  ])('turns $count rows of activations and fills up with zeros, $lanes lanes', async ({ count, lanes }) => {
    const [inputStride, inputOffset, width, outputStride, maxRows] = [36, 8, 20, 44, 40]
    const kernel = transposeKernel({
      ...{ format: 'f32', maxRows, inputStride, inputOffset, width, outputStride, padTo: 4, lanes },
    })
    const input = someFloats(maxRows * inputStride, 1, 1e9)
    input.fill(Number.NaN, count * inputStride)
    const output = new Float32Array((width + 2) * outputStride).fill(7)
    const found = await runKernel(backend(), kernel, { rows: rowsOf(count), input, output }, maxRows)
    const padded = Math.ceil(count / 4) * 4
    const expected = Array.from({ length: output.length }, (_, index) => {
      const [c, r] = [Math.floor(index / outputStride), index % outputStride]
      if (c >= width || r >= padded) return 7
      return r < count ? (input[r * inputStride + inputOffset + c] as number) : 0
    })
    expect([...found.output]).toEqual(expected)
  })

  test.each(['f32', 'f16', 'int8', 'int4'] as const)('turns some columns of %s weights', async (format) => {
    const [inner, columns, inputOffset, width, outputStride] = [76, 48, 16, 24, 80]
    const kernel = transposeKernel({
      ...{ format, maxRows: inner, inputStride: columns, inputOffset, width, outputStride, padTo: 16, lanes: 4 },
    })
    const { words, values } = packed(format, inner, columns, 3)
    const output = new Float32Array(width * outputStride).fill(7)
    const found = await runKernel(backend(), kernel, { rows: rowsOf(inner), input: words, output }, inner)
    const expected = Array.from({ length: output.length }, (_, index) => {
      const [c, r] = [Math.floor(index / outputStride), index % outputStride]
      return r < inner ? (values[r * columns + inputOffset + c] as number) : 0
    })
    expect(relativeError(found.output, expected)).toBeLessThan(format === 'f32' || format === 'f16' ? 1e-9 : 1e-6)
  })
})
