import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { columnSumsKernel } from './column-sums.ts'

onEachBackend('column-sums', (backend) => {
  test.each([
    { columns: 4, lanes: 1, count: 1 },
    { columns: 52, lanes: 4, count: 300 },
    { columns: 52, lanes: 64, count: 0 },
    { columns: 1028, lanes: 64, count: 33 },
  ])('adds up $count rows of $columns columns, $lanes lanes', async ({ columns, lanes, count }) => {
    const [offset, stride] = [8, columns + 12]
    const input = someFloats((count + 2) * stride, 1)
    input.fill(Number.NaN, count * stride)
    const output = someFloats(columns + 4, 2)
    const rows = makeRows(Array.from({ length: count }, () => [0, 0, 0, NO_SLOT]))
    const kernel = columnSumsKernel({ columns, stride, offset, lanes })
    const found = await runKernel(backend(), kernel, { rows, input, output }, count + 2)
    const expected = Array.from(output, (value, c) => {
      let sum = value
      if (c < columns) for (let row = 0; row < count; row++) sum += input[row * stride + offset + c] as number
      return sum
    })
    expect(relativeError(found.output, expected)).toBeLessThan(2e-6)
  })
})
