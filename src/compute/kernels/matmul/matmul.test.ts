import { describe, expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { packed } from '../../testing/packed-weights.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { MATMUL_TILES } from '../../tuning.ts'
import { NO_SLOT } from '../rows.ts'
import type { MatmulShape } from './matmul.reference.ts'
import { matmulSizes } from './matmul.reference.ts'
import { matmulKernel } from './matmul.ts'

const TILES = [
  { rows: 8, fewRows: 2, columns: 8, lanes: 4, compact: true },
  { rows: 4, fewRows: 1, columns: 16, lanes: 32, compact: false },
] as const

/** Largest error of products of 352 uniform random weights and inputs, relative to the largest product. */
const PRODUCT_ERROR = { f16: 3e-4, int8: 6e-3, int4: 6e-2 } as const

function shapeOf(given: Partial<MatmulShape>): MatmulShape {
  return {
    inner: 20,
    columns: 48,
    inputStride: 24,
    outputStride: 56,
    outputOffset: 0,
    from: 'row',
    epilogue: 'store',
    tile: TILES[0],
    ...given,
  }
}

/** Straight from the definition, in float64. */
function product(shape: MatmulShape, input: Float32Array, weights: Float32Array, bias: Float32Array, inputRow: number) {
  return Array.from({ length: shape.columns }, (_, column) => {
    let sum = bias[column] as number
    for (let k = 0; k < shape.inner; k++) {
      sum += (input[inputRow * shape.inputStride + k] as number) * (weights[k * shape.columns + column] as number)
    }
    return sum
  })
}

onEachBackend('matmul', (backend) => {
  function inputsOf(shape: MatmulShape, count: number, slots: readonly number[] = [], size = 1) {
    return {
      rows: makeRows(Array.from({ length: count }, (_, row) => [0, 0, 0, slots[row] ?? NO_SLOT])),
      sizes: matmulSizes(shape),
      input: someFloats(24 * shape.inputStride, 1, size),
      weights: someFloats(shape.inner * shape.columns, 2, size),
      bias: someFloats(shape.columns, 3, size),
      output: someFloats(24 * shape.outputStride, 4, size),
    }
  }

  test.each(TILES)('multiplies any number of rows, tile $rows × $columns', async (tile) => {
    const shape = shapeOf({ tile, outputOffset: 8 })
    for (const count of [1, 3, 8, 13]) {
      const inputs = inputsOf(shape, count)
      const { output } = await runKernel(backend(), matmulKernel(shape), inputs, 16)
      const expected = inputs.output.slice()
      for (let row = 0; row < count; row++) {
        expected.set(product(shape, inputs.input, inputs.weights, inputs.bias, row), row * shape.outputStride + 8)
      }
      expect(relativeError(output, expected)).toBeLessThan(1e-6)
    }
  })

  // Only those that this backend runs: others are compared by the roofline benchmark, in the browser.
  test('gives the same bits whatever the tile', async () => {
    const run = async (given: Partial<MatmulShape>, count: number) => {
      const shape = shapeOf({ inner: 76, inputStride: 80, ...given })
      const weights =
        shape.format === undefined ? {} : { weights: packed(shape.format, shape.inner, shape.columns, 2).words }
      const { output } = await runKernel(backend(), matmulKernel(shape), { ...inputsOf(shape, count), ...weights }, 16)
      return [...output]
    }
    for (const name of backend().tiles) {
      for (const count of [1, 2, 4, 5, 13, 16]) {
        expect(await run({ tile: MATMUL_TILES[name] }, count), `${name}, ${count}`).toEqual(await run({}, count))
      }
    }
    const tile = backend().tuning.matmul
    for (const given of [{ epilogue: 'gate', outputStride: 24 }, { format: 'int4' }] as const) {
      for (const count of [1, 13]) expect(await run({ ...given, tile }, count)).toEqual(await run(given, count))
    }
  })

  test.each(TILES)('starts its sums at an offset of the input rows, tile $rows × $columns', async (tile) => {
    const shape = shapeOf({ tile, inputStride: 32, inputOffset: 8 })
    const inputs = inputsOf(shape, 5)
    const { output } = await runKernel(backend(), matmulKernel(shape), inputs, 5)
    for (const row of [0, 4]) {
      const expected = product(shape, inputs.input.subarray(8), inputs.weights, inputs.bias, row)
      expect(relativeError(output.slice(row * 56, row * 56 + 48), expected)).toBeLessThan(1e-6)
    }
  })

  test.each(TILES)('sums as far as the sizes on the device say, tile $rows × $columns', async (tile) => {
    const shape = shapeOf({ tile })
    const shorter = { ...shape, inner: 12 }
    const inputs = inputsOf(shape, 5)
    // What lies past the terms is never touched.
    inputs.weights.fill(Number.NaN, 12 * shape.columns)
    const { output } = await runKernel(backend(), matmulKernel(shape), { ...inputs, sizes: matmulSizes(shorter) }, 5)
    const expected = product(shorter, inputs.input, inputs.weights, inputs.bias, 4)
    expect(relativeError(output.slice(4 * 56, 4 * 56 + 48), expected)).toBeLessThan(1e-6)
  })

  test('takes large values', async () => {
    const shape = shapeOf({ inner: 352, inputStride: 352 })
    const inputs = inputsOf(shape, 5, [], 1e12)
    const { output } = await runKernel(backend(), matmulKernel(shape), inputs, 5)
    const expected = product(shape, inputs.input, inputs.weights, inputs.bias, 4)
    expect(relativeError(output.slice(4 * 56, 4 * 56 + 48), expected)).toBeLessThan(1e-6)
  })

  test('adds to what is there', async () => {
    const shape = shapeOf({ epilogue: 'add' })
    const inputs = inputsOf(shape, 5)
    const { output } = await runKernel(backend(), matmulKernel(shape), inputs, 5)
    const expected = product(shape, inputs.input, inputs.weights, inputs.bias, 4).map(
      (sum, column) => sum + (inputs.output[4 * 56 + column] as number),
    )
    expect(relativeError(output.slice(4 * 56, 4 * 56 + 48), expected)).toBeLessThan(1e-6)
  })

  test.each(TILES)('gates four values by four gates, tile $rows × $columns', async (tile) => {
    const shape = shapeOf({ epilogue: 'gate', tile, outputStride: 24 })
    const inputs = inputsOf(shape, 6, [], 3)
    const { output } = await runKernel(backend(), matmulKernel(shape), inputs, 6)
    const sums = product(shape, inputs.input, inputs.weights, inputs.bias, 5)
    const expected = Array.from({ length: 24 }, (_, column) => {
      const at = Math.floor(column / 4) * 8 + (column % 4)
      const gate = sums[at] as number
      return (gate / (1 + Math.exp(-gate))) * (sums[at + 4] as number)
    })
    expect(relativeError(output.slice(5 * 24, 6 * 24), expected)).toBeLessThan(2e-6)
  })

  test('reads rows from their slots', async () => {
    const shape = shapeOf({ from: 'slot', tile: backend().tuning.matmul })
    const inputs = inputsOf(shape, 5, [9, 0, 23, 9, 4])
    const { output } = await runKernel(backend(), matmulKernel(shape), inputs, 5)
    for (const [row, slot] of [9, 0, 23, 9, 4].entries()) {
      const expected = product(shape, inputs.input, inputs.weights, inputs.bias, slot)
      expect(relativeError(output.slice(row * 56, row * 56 + 48), expected)).toBeLessThan(1e-6)
    }
  })

  test('gives a row the same bits at every place, in every company', async () => {
    const shape = shapeOf({ from: 'slot', inner: 100, inputStride: 100, tile: backend().tuning.matmul })
    const alone = await runKernel(backend(), matmulKernel(shape), inputsOf(shape, 1, [7]), 1)
    const bits = [...alone.output.slice(0, 48)]
    for (let place = 0; place < 13; place++) {
      const slots = Array.from({ length: 13 }, (_, row) => (row === place ? 7 : (row * 5) % 24))
      const { output } = await runKernel(backend(), matmulKernel(shape), inputsOf(shape, 13, slots), 13)
      expect([...output.slice(place * 56, place * 56 + 48)]).toEqual(bits)
    }
  })

  describe.each(['f16', 'int8', 'int4'] as const)('%s weights', (format) => {
    const compressed = (given: Partial<MatmulShape>, count: number) => {
      const shape = shapeOf({ inner: 76, inputStride: 80, format, ...given })
      const inputs = inputsOf(shape, count, [], 2)
      return { shape, inputs, ...packed(format, shape.inner, shape.columns, 2) }
    }

    test.each(TILES)('are unpacked as they were packed, tile $rows × $columns', async (tile) => {
      // 76 terms: two whole groups and one that is not.
      const { shape, inputs, words, values } = compressed({ tile }, 13)
      for (const count of [1, 2, 5, 13]) {
        const rows = makeRows(Array.from({ length: count }, () => [0, 0, 0, NO_SLOT]))
        const { output } = await runKernel(backend(), matmulKernel(shape), { ...inputs, rows, weights: words }, 16)
        const expected = inputs.output.slice()
        for (let row = 0; row < count; row++) {
          expected.set(product(shape, inputs.input, values, inputs.bias, row), row * shape.outputStride)
        }
        expect(relativeError(output, expected)).toBeLessThan(2e-6)
      }
    })

    test('are gated', async () => {
      const { shape, inputs, words, values } = compressed({ epilogue: 'gate', outputStride: 24 }, 5)
      const { output } = await runKernel(backend(), matmulKernel(shape), { ...inputs, weights: words }, 5)
      const sums = product(shape, inputs.input, values, inputs.bias, 3)
      const expected = Array.from({ length: 24 }, (_, column) => {
        const at = Math.floor(column / 4) * 8 + (column % 4)
        const gate = sums[at] as number
        return (gate / (1 + Math.exp(-gate))) * (sums[at + 4] as number)
      })
      expect(relativeError(output.slice(3 * 24, 4 * 24), expected)).toBeLessThan(4e-6)
    })

    test('give a row the same bits in every company', async () => {
      const { shape, inputs, words } = compressed({ from: 'slot' }, 13)
      const run = async (slots: readonly number[]) => {
        const rows = makeRows(slots.map((slot) => [0, 0, 0, slot]))
        return (await runKernel(backend(), matmulKernel(shape), { ...inputs, rows, weights: words }, slots.length))
          .output
      }
      const bits = [...(await run([7])).slice(0, 48)]
      for (const place of [0, 1, 2, 7, 8, 12]) {
        const output = await run(Array.from({ length: 13 }, (_, row) => (row === place ? 7 : (row * 5) % 24)))
        expect([...output.slice(place * 56, place * 56 + 48)]).toEqual(bits)
      }
    })

    test('change a product by no more than stated', async () => {
      const { shape, inputs, words, exact } = compressed({ inner: 352, inputStride: 352 }, 5)
      const { output } = await runKernel(backend(), matmulKernel(shape), { ...inputs, weights: words }, 5)
      const found = [0, 1, 2, 3, 4].flatMap((row) => [...output.slice(row * 56, row * 56 + 48)])
      const expected = [0, 1, 2, 3, 4].flatMap((row) => product(shape, inputs.input, exact, inputs.bias, row))
      const error = relativeError(found, expected)
      expect(error).toBeLessThan(PRODUCT_ERROR[format])
      expect(error).toBeGreaterThan(PRODUCT_ERROR[format] / 10)
    })
  })
})
