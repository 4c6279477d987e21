import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { packed } from '../../testing/packed-weights.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { embeddingKernel } from './embedding.ts'

onEachBackend('embedding', (backend) => {
  test.each([1, 4, 64])('gathers the columns of its part of the table, %i lanes', async (lanes) => {
    const [hidden, stride, first, columns] = [12, 16, 5, 8]
    const table = someFloats(hidden * columns, 1, 1e6)
    const output = new Float32Array(5 * stride).fill(7)
    const tokens = [5, 4, 11, 12, 9]
    const kernel = embeddingKernel({
      hidden,
      outputStride: stride,
      first,
      end: first + 7,
      columns,
      format: 'f32',
      lanes,
    })
    const rows = makeRows(tokens.map((token) => [token, 0, 0, NO_SLOT]))
    const found = await runKernel(backend(), kernel, { rows, table, output }, tokens.length)
    tokens.forEach((token, row) => {
      const there = token >= first && token < first + 7
      const expected = Array.from({ length: stride }, (_, h) =>
        there && h < hidden ? table[h * columns + token - first] : 7,
      )
      expect([...found.output.subarray(row * stride, (row + 1) * stride)]).toEqual(expected)
    })
  })

  test.each(['f16', 'int8', 'int4'] as const)('unpacks %s', async (format) => {
    const [hidden, columns] = [76, 24]
    const { words, values } = packed(format, hidden, columns, 3)
    const tokens = [0, 13, 22, 23]
    const kernel = embeddingKernel({ hidden, outputStride: hidden, first: 0, end: columns, columns, format, lanes: 4 })
    const rows = makeRows(tokens.map((token) => [token, 0, 0, NO_SLOT]))
    const output = new Float32Array(tokens.length * hidden)
    const found = await runKernel(backend(), kernel, { rows, table: words, output }, tokens.length)
    const expected = tokens.flatMap((token) =>
      Array.from({ length: hidden }, (_, h) => values[h * columns + token] as number),
    )
    expect(relativeError(found.output, expected)).toBeLessThan(format === 'f16' ? 1e-9 : 1e-6)
  })
})
