import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { adamwKernel } from './adamw.ts'
import type { AdamwSettings } from './adamw-settings.ts'
import { adamwSettings } from './adamw-settings.ts'

const SETTINGS: AdamwSettings = {
  learningRate: 0.02,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxNorm: 1,
}

/** torch.optim.AdamW, `_single_tensor_adamw`, on one number. */
class Plain {
  private m = 0
  private v = 0
  private step = 0
  value: number

  constructor(value: number) {
    this.value = value
  }

  update(g: number, { learningRate, beta1, beta2, epsilon, weightDecay }: AdamwSettings): void {
    this.step += 1
    this.value *= 1 - learningRate * weightDecay
    this.m += (1 - beta1) * (g - this.m)
    this.v = beta2 * this.v + (1 - beta2) * g * g
    const denominator = Math.sqrt(this.v) / Math.sqrt(1 - beta2 ** this.step) + epsilon
    this.value -= ((learningRate / (1 - beta1 ** this.step)) * this.m) / denominator
  }
}

onEachBackend('adamw', (backend) => {
  test.each([
    { decay: true, lanes: 1, quads: 3 },
    { decay: false, lanes: 4, quads: 301 },
    { decay: true, lanes: 64, quads: 301 },
  ])('follows PyTorch over eight steps, decay $decay, $lanes lanes, $quads quads', async ({ decay, lanes, quads }) => {
    const length = 4 * quads + 8
    const kernel = adamwKernel({ decay, lanes })
    const rows = Uint32Array.of(quads, 0, 0, 0)
    const scale = 0.25
    let state: Record<'parameters' | 'first' | 'second', Float32Array> = {
      parameters: someFloats(length, 1),
      first: new Float32Array(length),
      second: new Float32Array(length),
    }
    // Padding: neither a weight nor a gradient.
    const isPadding = (index: number) => index % 4 === 3
    state.parameters.forEach((_, i) => {
      if (isPadding(i)) state.parameters[i] = 0
    })
    const start = state.parameters.slice()
    const plain = Array.from(start.subarray(0, 4 * quads), (value) => new Plain(value))
    const own = decay ? SETTINGS : { ...SETTINGS, weightDecay: 0 }
    for (let step = 1; step <= 8; step++) {
      // From a thousandth to a thousand: the step must not depend on it.
      const gradient = someFloats(length, 10 + step, 10 ** (step % 7) / 1000).map((g, i) => (isPadding(i) ? 0 : g))
      const settings = adamwSettings(SETTINGS, step)
      const clip = Float32Array.of(12, scale, 0, 0)
      state = await runKernel(backend(), kernel, { ...state, rows, settings, clip, gradient }, quads)
      plain.forEach((each, i) => {
        each.update((gradient[i] as number) * scale, own)
      })
    }
    const expected = plain.map(({ value }) => value)
    expect(relativeError(state.parameters.subarray(0, 4 * quads), expected)).toBeLessThan(1e-6)
    for (const values of [state.parameters, state.first, state.second]) {
      expect(values.subarray(0, 4 * quads).every((value, i) => !isPadding(i) || value === 0)).toBe(true)
    }
    // Quads past the count stay as they were.
    expect([...state.parameters.subarray(4 * quads)]).toEqual([...start.subarray(4 * quads)])
    for (const values of [state.first, state.second]) {
      expect(values.subarray(4 * quads).every((value) => value === 0)).toBe(true)
    }
  })

  test('takes very large and very small gradients', async () => {
    const gradient = Float32Array.of(1e18, -1e18, 1e-18, 0)
    const zeros = new Float32Array(4)
    const found = await runKernel(
      backend(),
      adamwKernel({ decay: false, lanes: 4 }),
      {
        rows: Uint32Array.of(1, 0, 0, 0),
        settings: adamwSettings(SETTINGS, 1),
        clip: Float32Array.of(0, 1, 0, 0),
        gradient,
        parameters: zeros,
        first: zeros,
        second: zeros,
      },
      1,
    )
    // The first step is lr · g / (|g| + ε); a gradient far below ε hardly moves anything.
    expect(relativeError(found.parameters, [-0.02, 0.02, -2e-12, 0])).toBeLessThan(1e-6)
  })
})
