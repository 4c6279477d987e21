import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../backend.ts'
import { openBackend } from '../../open-backend.ts'
import { packed } from '../../testing/packed-weights.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import type { WeightFormat } from '../weight-format.ts'
import { weightWords } from '../weight-format.ts'
import { weightWriter } from '../weight-packing.ts'
import type { MatmulShape } from './matmul.reference.ts'
import { matmulSizes } from './matmul.reference.ts'
import { matmulKernel } from './matmul.ts'

const TILE = { rows: 4, fewRows: 1, columns: 8, lanes: 1, compact: true }
/** Less than a block of terms, and two of unequal length; columns that are no multiple of a block's. */
const SIZES = [
  [76, 48],
  [676, 88],
] as const
const ROWS = [1, 2, 3, 4, 5, 7, 8, 13, 16, 33, 64, 65, 70]

/** The same weights, whole rows together and in panels of eight columns. */
function bothWays(format: WeightFormat, inner: number, columns: number) {
  const { words, exact } = packed(format, inner, columns, 2)
  const shape = { inner, columns, panelColumns: 8 }
  const panels = new Uint32Array(weightWords(format, shape))
  const write = weightWriter(format, shape, panels)
  for (let column = 0; column < columns; column++) {
    for (let first = 0; first < inner; first += 32) {
      const length = Math.min(32, inner - first)
      const group = Float32Array.from({ length }, (_, i) => exact[(first + i) * columns + column] as number)
      write(column, first / 32, group)
    }
  }
  return { rows: words, panels: new Float32Array(panels.buffer) }
}

describe('products in WebAssembly', () => {
  const backends: Backend[] = []
  let reference: Backend
  beforeAll(async () => {
    reference = (await openBackend({ choice: 'cpu' })).backend
    for (const threads of [1, 2, 3]) backends.push((await openBackend({ choice: 'wasm', wasm: { threads } })).backend)
  })
  afterAll(() => {
    for (const backend of [reference, ...backends]) backend.dispose()
  })

  describe.each(SIZES)('%i × %i', (inner, columns) => {
    test.each(['f32', 'f16', 'int8', 'int4'] as const)('%s: panels give the bits of rows', async (format) => {
      const weights = bothWays(format, inner, columns)
      for (const count of ROWS) {
        const run = async (backend: Backend, panelColumns?: number) => {
          const shape: MatmulShape = {
            ...{ inner, columns, panelColumns, format, tile: TILE, from: 'row', epilogue: 'store' },
            ...{ inputStride: inner, outputStride: columns, outputOffset: 0 },
          }
          const inputs = {
            rows: makeRows(Array.from({ length: count }, () => [0, 0, 0, NO_SLOT])),
            sizes: matmulSizes(shape),
            input: someFloats(count * inner, 1),
            weights: panelColumns === undefined ? weights.rows : weights.panels,
            bias: someFloats(columns, 3),
            output: new Float32Array(count * columns),
          }
          return (await runKernel(backend, matmulKernel(shape), inputs, count)).output
        }
        const expected = await run(reference)
        expect(await run(reference, 8)).toEqual(expected)
        const [one, ...others] = backends as [Backend, ...Backend[]]
        const found = await run(one)
        expect(relativeError(found, expected), `${count} rows`).toBeLessThan(2e-6)
        expect(await run(one, 8), `${count} rows in panels`).toEqual(found)
        for (const backend of others) expect(await run(backend, 8), backend.adapter).toEqual(found)
      }
    })
  })
})
