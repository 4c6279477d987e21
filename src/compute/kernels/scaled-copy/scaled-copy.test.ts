import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel, someFloats } from '../../testing/run-kernel.ts'
import { scaledCopyKernel } from './scaled-copy.ts'

onEachBackend('scaled-copy', (backend) => {
  test.each([
    { quads: 1, lanes: 64, factor: 1 },
    { quads: 777, lanes: 4, factor: -0.1 },
    { quads: 4097, lanes: 64, factor: 1e20 },
  ])('copies $quads quads times $factor and no more, $lanes lanes', async ({ quads, lanes, factor }) => {
    const factors = Float32Array.of(factor, 99, 99, 99)
    const input = someFloats(4 * quads + 8, 1, 1e10)
    const output = someFloats(4 * quads + 8, 2, 1e10)
    const inputs = { rows: Uint32Array.of(quads, 0, 0, 0), factor: factors, input, output }
    const found = await runKernel(backend(), scaledCopyKernel(lanes), inputs, quads + 2)
    const expected = output.map((value, i) => (i < 4 * quads ? (factors[0] as number) * (input[i] as number) : value))
    expect([...found.output]).toEqual([...expected])
  })
})
