import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel, someFloats } from '../../testing/run-kernel.ts'
import { fillKernel } from './fill.ts'

onEachBackend('fill', (backend) => {
  test.each([
    { quads: 1, lanes: 64, value: 0 },
    { quads: 777, lanes: 4, value: -1.5 },
    { quads: 4097, lanes: 64, value: 1e-30 },
  ])('writes $value to $quads quads and no further, $lanes lanes', async ({ quads, lanes, value }) => {
    const output = someFloats(4 * quads + 8, 1)
    output[0] = Number.NaN
    const inputs = { rows: Uint32Array.of(quads, 0, 0, 0), output }
    const found = await runKernel(backend(), fillKernel({ value, lanes }), inputs, quads + 2)
    const expected = output.map((old, i) => (i < 4 * quads ? value : old))
    expect([...found.output]).toEqual([...expected])
  })
})
