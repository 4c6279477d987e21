import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { reluKernel } from './relu.ts'

onEachBackend('relu', (backend) => {
  test.each([
    { stride: 4, count: 1, lanes: 64 },
    { stride: 56, count: 5, lanes: 4 },
    { stride: 1024, count: 9, lanes: 64 },
  ])('keeps what is positive in $count rows of $stride and no more, $lanes lanes', async ({ stride, count, lanes }) => {
    const values = someFloats((count + 2) * stride, 3, 9)
    const rows = makeRows(Array.from({ length: count }, () => [0, 0, 0, NO_SLOT]))
    const found = await runKernel(backend(), reluKernel({ stride, lanes }), { rows, values }, count + 2)
    const expected = values.map((value, i) => (i < count * stride ? Math.max(0, value) : value))
    expect([...found.values]).toEqual([...expected])
  })
})
