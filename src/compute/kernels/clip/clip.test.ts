import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { adamwSettings } from '../adamw/adamw-settings.ts'
import { clipKernel } from './clip.ts'

const settings = (maxNorm: number) =>
  adamwSettings({ learningRate: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, maxNorm }, 3)

onEachBackend('clip', (backend) => {
  test.each([
    { count: 1, maxNorm: 0.5, lanes: 1 },
    { count: 20_001, maxNorm: 3, lanes: 1 },
    { count: 20_001, maxNorm: 3, lanes: 64 },
    { count: 70, maxNorm: 1e6, lanes: 64 },
    { count: 70, maxNorm: 0, lanes: 1 },
  ])('scales to a norm of $maxNorm at most, $count partial sums, $lanes lanes', async ({ count, maxNorm, lanes }) => {
    const partials = someFloats(count + 3, 1, 4).map(Math.abs)
    partials.fill(Number.NaN, count)
    const rows = Uint32Array.of(count, 0, 0, 0)
    const inputs = { rows, partials, settings: settings(maxNorm), output: new Float32Array(4) }
    const { output } = await runKernel(backend(), clipKernel({ lanes }), inputs, 1)
    const norm = Math.sqrt(partials.subarray(0, count).reduce((sum, value) => sum + value, 0))
    expect(relativeError([output[0] as number], [norm])).toBeLessThan(1e-6)
    // As torch.nn.utils.clip_grad_norm_ has it.
    const scale = maxNorm === 0 ? 1 : Math.min(1, maxNorm / (norm + 1e-6))
    expect(relativeError([output[1] as number], [scale])).toBeLessThan(1e-6)
  })

  test('leaves gradients of zero alone', async () => {
    const partials = new Float32Array(9)
    const inputs = { rows: Uint32Array.of(9, 0, 0, 0), partials, settings: settings(1), output: new Float32Array(4) }
    const { output } = await runKernel(backend(), clipKernel({ lanes: 1 }), inputs, 1)
    expect([...output]).toEqual([0, 1, 0, 0])
  })
})
