import { expect, test } from 'vitest'
import type { Backend } from '../../backend.ts'
import { centralDifferences } from '../../testing/central-differences.ts'
import { inDouble } from '../../testing/in-double.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { tokenLogprobsReference } from '../token-logprobs/token-logprobs.reference.ts'
import { tokenLogprobsKernel } from '../token-logprobs/token-logprobs.ts'
import type { LogitsGradientShape } from './logits-gradient.reference.ts'
import { logitsGradientReference } from './logits-gradient.reference.ts'
import { logitsGradientKernel } from './logits-gradient.ts'

onEachBackend('gradient of logits', (backend) => {
  test.each([
    { vocabulary: 2, lanes: 4 },
    { vocabulary: 23, lanes: 8 },
    { vocabulary: 300, lanes: 64 },
  ])('as central differences: $vocabulary tokens', async ({ vocabulary, lanes }) => {
    const shape = { vocabulary, stride: Math.ceil(vocabulary / 8) * 8, lanes }
    const inputs = inputsOf(shape, 4)
    const doubles = { rows: inputs.rows, logits: inDouble(inputs.logits), stats: inDouble(new Float32Array(4 * 5)) }
    const forward = tokenLogprobsReference({ ...shape, lanes: 1, serialLanes: 1 }, doubles)
    const expected = centralDifferences((x) => {
      doubles.logits.set(x)
      forward()
      return inputs.targets.reduce((sum, _, row) => {
        const [byLogprob = 0, byEntropy = 0] = inputs.coefficients.subarray(2 * row)
        return sum + byLogprob * (doubles.stats[4 * row] ?? 0) + byEntropy * (doubles.stats[4 * row + 2] ?? 0)
      }, 0)
    }, inputs.logits)
    const found = await gradientOf(backend(), shape, inputs)
    const used = inputs.targets.length * shape.stride
    expect(relativeError(found.subarray(0, used), expected.slice(0, used))).toBeLessThan(5e-6)
  })

  test.each([
    { vocabulary: 2, lanes: 4, size: 1e4 },
    { vocabulary: 23, lanes: 8, size: 4 },
    { vocabulary: 1000, lanes: 8, size: 4 },
    { vocabulary: 1000, lanes: 64, size: 1e4 },
    { vocabulary: 50_000, lanes: 64, size: 4 },
  ])('as the references in float64: $vocabulary tokens, logits to $size', async ({ vocabulary, lanes, size }) => {
    const shape = { vocabulary, stride: Math.ceil(vocabulary / 8) * 8 + 8, lanes }
    const inputs = inputsOf(shape, size)
    const views = { ...inputs, logits: inDouble(inputs.logits), stats: inDouble(new Float32Array(4 * 5)) }
    tokenLogprobsReference({ ...shape, lanes: 1, serialLanes: 1 }, views)()
    logitsGradientReference(shape, views)()
    const found = await gradientOf(backend(), shape, inputs)
    const used = inputs.targets.length * shape.stride
    // A logarithm of a sum near 10⁴ has three decimals in float32.
    const error = size > 4 ? 1e-3 : 5e-6
    expect(relativeError(found.subarray(0, used), views.logits.subarray(0, used))).toBeLessThan(error)
    expect(found.every((value, i) => i >= used || i % shape.stride < vocabulary || value === 0)).toBe(true)
    // Rows past the count stay as they were.
    expect(found.subarray(used)).toEqual(inputs.logits.subarray(used))
  })

  test('a certain distribution has a gradient of zeros', async () => {
    const shape = { vocabulary: 23, stride: 24, lanes: 8 }
    const logits = new Float32Array(24).fill(-1e4)
    logits[5] = 1e4
    const rows = makeRows([[5, 0, 0, NO_SLOT]])
    const inputs = { rows, targets: [5], logits, coefficients: Float32Array.of(-3, 2) }
    expect([...(await gradientOf(backend(), shape, inputs))].map(Math.abs)).toEqual(new Array(24).fill(0))
  })
})

interface Inputs {
  readonly rows: Uint32Array
  readonly targets: readonly number[]
  readonly logits: Float32Array
  readonly coefficients: Float32Array
}

/** Three rows, of which the last has no part in the loss, and room for two more. */
function inputsOf({ vocabulary, stride }: LogitsGradientShape, size: number): Inputs {
  const targets = [0, 1, 777].map((id) => id % vocabulary)
  return {
    rows: makeRows(targets.map((id) => [id, 0, 0, NO_SLOT])),
    targets,
    logits: someFloats(5 * stride, 1, size),
    coefficients: Float32Array.of(-0.7, 0.3, 1.5, -2, 0, 0, 9, 9, 9, 9),
  }
}

/** The kernel after the one that it goes back through. */
async function gradientOf(
  backend: Backend,
  shape: LogitsGradientShape,
  { rows, logits, coefficients }: Inputs,
): Promise<Float32Array> {
  const room = logits.length / shape.stride
  const before = { rows, logits, stats: new Float32Array(4 * room) }
  const forward = tokenLogprobsKernel({ ...shape, lanes: 1, serialLanes: 4 })
  const { stats } = await runKernel(backend, forward, before, room)
  return (await runKernel(backend, logitsGradientKernel(shape), { rows, stats, coefficients, logits }, room)).logits
}
