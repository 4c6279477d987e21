import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { pageStride, positionStride } from '../page-pool.ts'
import { NO_SLOT } from '../rows.ts'
import { rotaryKernel } from './rotary.ts'

onEachBackend('rotary', (backend) => {
  test.each([
    { headDim: 6, norm: null, pairs: Number.POSITIVE_INFINITY, lanes: 4 },
    { headDim: 6, norm: { epsilon: 1e-6 }, pairs: 2, lanes: 64 },
    { headDim: 32, norm: null, pairs: 8, lanes: 4 },
    { headDim: 32, norm: { epsilon: 1e-6 }, pairs: Number.POSITIVE_INFINITY, lanes: 4 },
  ])('turns heads of $headDim, norm $norm, $pairs pairs per invocation', async ({ headDim, norm, pairs, lanes }) => {
    const headWidth = Math.ceil(headDim / 4) * 4
    const shape = { heads: 3, keyValueHeads: 2, headWidth, pagesPerSequence: 3, headDim }
    const inputStride = 7 * headWidth + 4
    const kernel = rotaryKernel({ ...shape, inputStride, norm, lanes, pairs })
    const positions = [0, 17, 40]
    const rows = makeRows(positions.map((position, row) => [0, position, row % 2, NO_SLOT]))
    // Each row's own table, and for row 1 a second sequence that has the same history.
    const places = [...positions.map((_, row) => ({ row, table: row % 2 })), { row: 1, table: 2 }]
    const targets = makeRows(places.map(({ row, table }) => [row, 0, table, NO_SLOT]))
    const pageTables = Uint32Array.of(5, 1, 3, 0, 2, 4, 0, 0, 0)
    const input = someFloats(3 * inputStride, 1, 50)
    const angles = someFloats(48 * headDim, 2)
    const gains = someFloats(2 * headDim, 3)
    const before = someFloats(8 * pageStride(shape), 4)
    const found = await runKernel(
      backend(),
      kernel,
      {
        rows,
        targets,
        pageTables,
        layer: Uint32Array.of(2, 0, 0, 0),
        input,
        angles,
        gains,
        queries: new Float32Array(3 * 3 * headWidth),
        pool: before,
      },
      places.length,
    )

    const turned = (row: number, head: number, gain: number) => {
      const from = row * inputStride + head * headWidth
      const x = [...input.subarray(from, from + headDim)]
      const mean = x.reduce((sum, value) => sum + value * value, 0) / headDim
      const scale =
        norm === null ? () => 1 : (d: number) => (gains[gain + d] as number) / Math.sqrt(mean + norm.epsilon)
      const scaled = x.map((value, d) => value * scale(d))
      return scaled.map((value, d) => {
        const pair = d % (headDim / 2)
        const at = (positions[row] as number) * headDim + 2 * pair
        const other = d < headDim / 2 ? -(scaled[d + headDim / 2] as number) : (scaled[pair] as number)
        return value * (angles[at] as number) + other * (angles[at + 1] as number)
      })
    }
    const pool = before.slice()
    places.forEach(({ row, table }) => {
      const position = positions[row] as number
      const page = 2 + (pageTables[table * 3 + Math.floor(position / 16)] as number)
      const place = page * pageStride(shape) + (position % 16) * positionStride(shape)
      for (let head = 0; head < 3; head++) {
        const at = (row * 3 + head) * headWidth
        expect(relativeError(found.queries.slice(at, at + headDim), turned(row, head, 0))).toBeLessThan(2e-6)
      }
      for (let head = 0; head < 2; head++) {
        pool.set(turned(row, 3 + head, headDim), place + head * headWidth)
        const from = row * inputStride + (5 + head) * headWidth
        pool.set(input.subarray(from, from + headDim), place + (2 + head) * headWidth)
      }
    })
    // What lies past the head dimension is not looked at here: nobody reads it but times zero.
    const inHead = (_: number, index: number) => index % headWidth < headDim
    expect(relativeError(found.pool.filter(inHead), pool.filter(inHead))).toBeLessThan(2e-6)
  })
})
