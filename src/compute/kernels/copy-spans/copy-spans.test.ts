import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel, someFloats } from '../../testing/run-kernel.ts'
import { copySpansKernel } from './copy-spans.ts'

onEachBackend('copy-spans', (backend) => {
  test.each([4, 64])('copies each span within the buffer and nothing else, %i lanes', async (lanes) => {
    const data = someFloats(4 * 400, 1)
    const spans = Uint32Array.of(3, 0, 0, 0, 0, 300, 77, 0, 10, 100, 1, 0, 77, 200, 19, 0, 1, 2, 3, 0)
    const found = await runKernel(backend(), copySpansKernel(lanes), { spans, data }, 4)
    const expected = data.slice()
    expected.copyWithin(4 * 300, 0, 4 * 77)
    expected.copyWithin(4 * 100, 4 * 10, 4 * 11)
    expected.copyWithin(4 * 200, 4 * 77, 4 * 96)
    expect([...found.data]).toEqual([...expected])
  })
})
