import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { pageStride, positionStride } from '../page-pool.ts'
import { NO_SLOT } from '../rows.ts'
import type { AttentionShape } from './attention.reference.ts'
import { attentionKernel } from './attention.ts'

const PAGES = 12

onEachBackend('attention', (backend) => {
  function inputsOf(
    shape: AttentionShape,
    rows: readonly (readonly [position: number, table: number])[],
    size: number,
  ) {
    return {
      rows: makeRows(rows.map(([position, table]) => [0, position, table, NO_SLOT])),
      pageTables: Uint32Array.of(0, 1, 2, 3, 0, 7, 6, 5),
      layer: Uint32Array.of(3, 0, 0, 0),
      queries: someFloats(16 * shape.heads * shape.headWidth, 1, size),
      pool: someFloats(PAGES * pageStride(shape), 2, size),
      output: new Float32Array(16 * shape.heads * shape.headWidth),
    }
  }

  /** Straight from the definition, in float64. */
  function attend(shape: AttentionShape, inputs: ReturnType<typeof inputsOf>, row: number, head: number): number[] {
    const { pool, queries, pageTables } = inputs
    const position = inputs.rows[4 * (1 + row) + 1] as number
    const table = inputs.rows[4 * (1 + row) + 2] as number
    const group = Math.floor(head / (shape.heads / shape.keyValueHeads))
    const places = Array.from({ length: position + 1 }, (_, p) => {
      const page = 3 + (pageTables[table * shape.pagesPerSequence + Math.floor(p / 16)] as number)
      return page * pageStride(shape) + (p % 16) * positionStride(shape) + group * shape.headWidth
    })
    const query = queries.subarray((row * shape.heads + head) * shape.headWidth)
    const dims = Array.from({ length: shape.headWidth }, (_, d) => d)
    const scores = places.map(
      (at) =>
        dims.reduce((sum, d) => sum + (query[d] as number) * (pool[at + d] as number), 0) / Math.sqrt(shape.headDim),
    )
    const most = Math.max(...scores)
    const weights = scores.map((score) => Math.exp(score - most))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const value = shape.keyValueHeads * shape.headWidth
    return dims.map(
      (d) => places.reduce((sum, at, p) => sum + (weights[p] as number) * (pool[at + value + d] as number), 0) / total,
    )
  }

  const rows = [
    [0, 0],
    [3, 1],
    [15, 0],
    [16, 1],
    [49, 1],
    [63, 0],
    [18, 0],
  ] as const

  test.each([
    { heads: 4, keyValueHeads: 4, headDim: 32, size: 1, lanes: 1 },
    { heads: 6, keyValueHeads: 2, headDim: 10, size: 1, lanes: 1 },
    { heads: 3, keyValueHeads: 1, headDim: 12, size: 30, lanes: 1 },
    { heads: 4, keyValueHeads: 4, headDim: 32, size: 1, lanes: 64 },
    { heads: 6, keyValueHeads: 2, headDim: 10, size: 1, lanes: 64 },
    { heads: 3, keyValueHeads: 1, headDim: 12, size: 30, lanes: 64 },
    { heads: 2, keyValueHeads: 1, headDim: 128, size: 1, lanes: 64 },
  ])('$heads heads on $keyValueHeads of $headDim, values to $size, $lanes lanes', async (given) => {
    const { heads, keyValueHeads, headDim, size, lanes } = given
    const shape = {
      heads,
      keyValueHeads,
      headDim,
      headWidth: Math.ceil(headDim / 4) * 4,
      pagesPerSequence: 4,
      lanes,
      serialLanes: 4,
    }
    const inputs = inputsOf(shape, rows, size)
    const { output } = await runKernel(backend(), attentionKernel(shape), inputs, 9)
    for (const row of rows.keys()) {
      for (let head = 0; head < heads; head++) {
        const at = (row * heads + head) * shape.headWidth
        const found = output.slice(at, at + shape.headWidth)
        // Scores of several thousand leave few digits to the weights in float32.
        expect(relativeError(found, attend(shape, inputs, row, head))).toBeLessThan(size > 1 ? 1e-3 : 3e-6)
      }
    }
    expect(output.slice(rows.length * heads * shape.headWidth).every((value) => value === 0)).toBe(true)
  })

  test.each([1, 64])('ignores what lies behind the position, even where it is no number, %i lanes', async (lanes) => {
    const shape = { heads: 2, keyValueHeads: 1, headDim: 8, headWidth: 8, pagesPerSequence: 4, lanes, serialLanes: 4 }
    const inputs = inputsOf(shape, [[5, 0]], 1)
    const clean = await runKernel(backend(), attentionKernel(shape), inputs, 1)
    inputs.pool.fill(Number.NaN, 3 * pageStride(shape) + 6 * positionStride(shape), 4 * pageStride(shape))
    const dirty = await runKernel(backend(), attentionKernel(shape), inputs, 1)
    expect([...dirty.output]).toEqual([...clean.output])
    expect(clean.output.subarray(0, 16).every((value) => Number.isFinite(value))).toBe(true)
  })

  test.each([1, 64])('gives a row the same bits in every company, %i lanes', async (lanes) => {
    const shape = { heads: 4, keyValueHeads: 2, headDim: 16, headWidth: 16, pagesPerSequence: 4, lanes, serialLanes: 4 }
    const inputs = inputsOf(shape, [[41, 1]], 1)
    const alone = await runKernel(backend(), attentionKernel(shape), inputs, 1)
    const others = inputsOf(
      shape,
      [
        [63, 0],
        [2, 1],
        [41, 1],
        [7, 0],
      ],
      1,
    )
    others.queries.copyWithin(2 * 64, 0, 64)
    const together = await runKernel(backend(), attentionKernel(shape), others, 4)
    expect([...together.output.slice(2 * 64, 3 * 64)]).toEqual([...alone.output.slice(0, 64)])
  })
})
