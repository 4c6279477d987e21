import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel, someFloats } from '../../testing/run-kernel.ts'
import { multiplyKernel } from './multiply.ts'

onEachBackend('multiply', (backend) => {
  test.each([
    { quads: 1, lanes: 64 },
    { quads: 777, lanes: 4 },
    { quads: 4097, lanes: 64 },
  ])('multiplies $quads quads and no more, $lanes lanes', async ({ quads, lanes }) => {
    const input = someFloats(4 * quads + 8, 1, 1e10)
    const output = someFloats(4 * quads + 8, 2, 1e10)
    const inputs = { rows: Uint32Array.of(quads, 0, 0, 0), input, output }
    const found = await runKernel(backend(), multiplyKernel(lanes), inputs, quads + 2)
    const expected = output.map((value, i) => (i < 4 * quads ? value * (input[i] as number) : value))
    expect([...found.output]).toEqual([...expected])
  })
})
