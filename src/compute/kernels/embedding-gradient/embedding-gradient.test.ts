import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { embeddingGradientKernel } from './embedding-gradient.ts'

/** Rows by token, tokens ascending, as the host sorts them. */
function segmentsOf(tokens: readonly number[]): { rows: Uint32Array; order: Uint32Array } {
  const order = tokens.map((_, row) => row).sort((a, b) => (tokens[a] ?? 0) - (tokens[b] ?? 0) || a - b)
  const known = [...new Set(tokens)].sort((a, b) => a - b)
  const segments = known.flatMap((token) => {
    const start = order.findIndex((row) => tokens[row] === token)
    return [token, start, start + tokens.filter((other) => other === token).length, 0]
  })
  // One more, which says nonsense.
  return { rows: Uint32Array.of(known.length, 0, 0, 0, ...segments, 6, 0, 3, 0), order: Uint32Array.from(order) }
}

onEachBackend('embedding-gradient', (backend) => {
  test.each([1, 4, 64])('adds the rows of each token of its part of the table, %i lanes', async (lanes) => {
    const [hidden, stride, first, columns] = [12, 16, 5, 8]
    const tokens = [5, 4, 11, 12, 9, 5, 5, 11, 30, 5]
    const { rows, order } = segmentsOf(tokens)
    const gradient = someFloats(tokens.length * stride, 1)
    const output = someFloats(hidden * columns, 2)
    const kernel = embeddingGradientKernel({ hidden, stride, first, end: first + 7, columns, lanes })
    const found = await runKernel(backend(), kernel, { rows, order, gradient, output }, 7)
    const expected = Float64Array.from(output)
    tokens.forEach((token, row) => {
      if (token < first || token >= first + 7) return
      for (let h = 0; h < hidden; h++) {
        const place = h * columns + token - first
        expected[place] = (expected[place] as number) + (gradient[row * stride + h] as number)
      }
    })
    expect(relativeError(found.output, expected)).toBeLessThan(1e-6)
    // Columns of tokens that are not there, and past the part's end.
    const untouched = (_: number, index: number) => [1, 2, 3, 5, 7].includes(index % columns)
    expect([...found.output.filter(untouched)]).toEqual([...output.filter(untouched)])
  })
})
