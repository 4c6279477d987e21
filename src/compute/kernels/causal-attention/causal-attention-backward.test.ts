import { expect, test } from 'vitest'
import type { Backend } from '../../backend.ts'
import { centralDifferences } from '../../testing/central-differences.ts'
import { inDouble, innerProduct } from '../../testing/in-double.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { packedRows, someHeads } from '../../testing/packed-rows.ts'
import { relativeError, runKernel } from '../../testing/run-kernel.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { causalAttentionReference } from './causal-attention.reference.ts'
import { causalAttentionKernel } from './causal-attention.ts'
import { causalAttentionBackwardKeysReference } from './causal-attention-backward-keys.reference.ts'
import { causalAttentionBackwardKeysKernel } from './causal-attention-backward-keys.ts'
import { causalAttentionBackwardQueriesReference } from './causal-attention-backward-queries.reference.ts'
import { causalAttentionBackwardQueriesKernel } from './causal-attention-backward-queries.ts'

const SHORT = [1, 5, 60, 2, 17, 4, 33]

onEachBackend('causal attention, backward', (backend) => {
  test.each([
    { heads: 2, keyValueHeads: 2, headDim: 8, lanes: 8 },
    { heads: 6, keyValueHeads: 2, headDim: 10, lanes: 4 },
    { heads: 3, keyValueHeads: 1, headDim: 6, lanes: 64 },
    { heads: 6, keyValueHeads: 2, headDim: 10, lanes: 4, window: 4 },
  ])('$heads heads on $keyValueHeads of $headDim, window $window: as central differences', async (given) => {
    const shape = shapeOf(given)
    const lengths = [1, 6, 9]
    const inputs = inputsOf(shape, lengths)
    const turned = inDouble(inputs.turned)
    const attended = inDouble(inputs.gradient)
    const forward = causalAttentionReference(shape, {
      rows: inputs.rows,
      turned,
      attended,
      logSums: inDouble(new Float32Array(inputs.total * shape.heads)),
    })
    const used = 16 * (shape.attendedStride ?? 0)
    const expected = centralDifferences((x) => {
      turned.set(x)
      forward()
      return innerProduct(attended.subarray(0, used), inputs.gradient)
    }, inputs.turned)
    const { output } = await backward(backend(), shape, inputs)
    const inHead = (_: number, i: number) =>
      i < 16 * shape.stride &&
      i % shape.stride < shape.stride - 8 &&
      (i % shape.stride) % shape.headWidth < shape.headDim
    expect(relativeError(output.filter(inHead), expected.filter(inHead))).toBeLessThan(3e-6)
  })

  test.each([
    { heads: 4, keyValueHeads: 4, headDim: 32, lanes: 8, lengths: SHORT, size: 1 },
    { heads: 6, keyValueHeads: 2, headDim: 10, lanes: 8, lengths: SHORT, size: 1 },
    { heads: 4, keyValueHeads: 2, headDim: 24, lanes: 4, lengths: [7, 300, 3], size: 1 },
    { heads: 3, keyValueHeads: 1, headDim: 12, lanes: 4, lengths: SHORT, size: 8 },
    { heads: 2, keyValueHeads: 1, headDim: 64, lanes: 64, lengths: [33, 8], size: 1 },
    ...[1, 6].map((window) => ({
      heads: 6,
      keyValueHeads: 2,
      headDim: 10,
      lanes: 8,
      lengths: SHORT,
      size: 1,
      window,
    })),
  ])(
    '$heads heads on $keyValueHeads of $headDim, values to $size, window $window: as the references in float64',
    async (given) => {
      const shape = shapeOf(given)
      const inputs = inputsOf(shape, given.lengths, given.size)
      const rows = inputs.total - 2
      const { output, deltas } = await backward(backend(), shape, inputs)
      const views = {
        rows: inputs.rows,
        turned: inputs.turned,
        gradient: inputs.gradient,
        attended: inDouble(new Float32Array(inputs.gradient.length)),
        logSums: inDouble(new Float32Array(inputs.total * shape.heads)),
        deltas: inDouble(new Float32Array(inputs.total * shape.heads)),
        output: inDouble(new Float32Array(inputs.turned.length)),
      }
      causalAttentionReference(shape, views)()
      causalAttentionBackwardQueriesReference(shape, views)()
      causalAttentionBackwardKeysReference(shape, views)()
      const error = given.size > 1 ? 2e-4 : 5e-6
      const columns = (shape.heads + 2 * shape.keyValueHeads) * shape.headWidth
      const written = (_: number, i: number) => i < rows * shape.stride && i % shape.stride < columns
      expect(relativeError(output.filter(written), views.output.filter(written))).toBeLessThan(error)
      expect(
        relativeError(deltas.subarray(0, rows * shape.heads), views.deltas.subarray(0, rows * shape.heads)),
      ).toBeLessThan(error)
      // Padding is zero; what is past the heads and the rows stays as it was.
      const padding = output.filter((_, i) => written(0, i) && (i % shape.stride) % shape.headWidth >= shape.headDim)
      expect(padding.every((value) => value === 0)).toBe(true)
      expect(output.filter((_, i) => !written(0, i)).every((value) => value === 7)).toBe(true)
      expect(deltas.subarray(rows * shape.heads).every((value) => value === 7)).toBe(true)
    },
  )

  test.each([
    [1, {}],
    [4, {}],
    [37, {}],
    [37, { window: 6 }],
  ])('a sequence of %i gets the same bits in every company, %o', async (length, window) => {
    const shape = shapeOf({ heads: 4, keyValueHeads: 2, headDim: 16, lanes: 8, ...window })
    const alone = inputsOf(shape, [length])
    const found = await backward(backend(), shape, alone)
    const together = inputsOf(shape, [3, 10, length, 60])
    together.turned.set(alone.turned.subarray(0, length * shape.stride), 13 * shape.stride)
    together.gradient.set(alone.gradient.subarray(0, length * 68), 13 * 68)
    const company = await backward(backend(), shape, together)
    const part = (values: Float32Array, from: number, width: number) => [
      ...values.subarray(from * width, (from + length) * width),
    ]
    expect(part(company.output, 13, shape.stride)).toEqual(part(found.output, 0, shape.stride))
    expect(part(company.deltas, 13, 4)).toEqual(part(found.deltas, 0, 4))
  })
})

function shapeOf(
  given: Pick<CausalAttentionShape, 'heads' | 'keyValueHeads' | 'headDim' | 'lanes'> & { readonly window?: number },
): CausalAttentionShape {
  const { heads, keyValueHeads, headDim, lanes, window = null } = given
  const headWidth = Math.ceil(headDim / 4) * 4
  const stride = (heads + 2 * keyValueHeads) * headWidth + 8
  return { heads, keyValueHeads, headDim, window, headWidth, stride, attendedStride: heads * headWidth + 4, lanes }
}

interface Inputs {
  readonly rows: Uint32Array
  readonly turned: Float32Array
  readonly gradient: Float32Array
  /** Rows that there is room for: two more than there are. */
  readonly total: number
}

function inputsOf(shape: CausalAttentionShape, lengths: readonly number[], size = 1): Inputs {
  const { heads, keyValueHeads, attendedStride = 0 } = shape
  const total = lengths.reduce((sum, length) => sum + length, 2)
  return {
    rows: packedRows(lengths),
    turned: someHeads(total, { ...shape, parts: heads + 2 * keyValueHeads }, 3, size),
    gradient: someHeads(total, { ...shape, parts: heads, stride: attendedStride }, 5),
    total,
  }
}

/** The forward kernel, then both backward ones. */
async function backward(
  backend: Backend,
  shape: CausalAttentionShape,
  { rows, turned, gradient, total }: Inputs,
): Promise<{ readonly output: Float32Array; readonly deltas: Float32Array }> {
  const numbers = () => new Float32Array(total * shape.heads).fill(7)
  const forward = { rows, turned, attended: new Float32Array(gradient.length), logSums: numbers() }
  const { attended, logSums } = await runKernel(backend, causalAttentionKernel(shape), forward, total)
  const byQueries = await runKernel(
    backend,
    causalAttentionBackwardQueriesKernel(shape),
    { rows, turned, attended, logSums, gradient, output: new Float32Array(turned.length).fill(7), deltas: numbers() },
    total,
  )
  const { deltas } = byQueries
  const { output } = await runKernel(
    backend,
    causalAttentionBackwardKeysKernel(shape),
    { rows, turned, logSums, gradient, deltas, output: byQueries.output },
    total,
  )
  return { output, deltas }
}
