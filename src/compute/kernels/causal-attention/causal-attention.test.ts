import { expect, test } from 'vitest'
import type { Views } from '../../backend.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { packedRows, someHeads } from '../../testing/packed-rows.ts'
import { relativeError, runKernel } from '../../testing/run-kernel.ts'
import type { CAUSAL_ATTENTION_BINDINGS, CausalAttentionShape } from './causal-attention.reference.ts'
import { causalAttentionKernel } from './causal-attention.ts'

const SHORT = [1, 5, 60, 2, 17, 4, 33]

onEachBackend('causal attention', (backend) => {
  test.each([
    { heads: 4, keyValueHeads: 4, headDim: 32, lanes: 8, lengths: SHORT, size: 1 },
    { heads: 6, keyValueHeads: 2, headDim: 10, lanes: 8, lengths: SHORT, size: 1 },
    { heads: 3, keyValueHeads: 1, headDim: 6, lanes: 64, lengths: SHORT, size: 1 },
    { heads: 4, keyValueHeads: 2, headDim: 24, lanes: 4, lengths: [7, 300, 3], size: 1 },
    { heads: 3, keyValueHeads: 1, headDim: 12, lanes: 4, lengths: SHORT, size: 30 },
    { heads: 2, keyValueHeads: 1, headDim: 128, lanes: 64, lengths: [33, 8], size: 1 },
    ...[1, 6].map((window) => ({
      heads: 6,
      keyValueHeads: 2,
      headDim: 10,
      lanes: 8,
      lengths: SHORT,
      size: 1,
      window,
    })),
  ])('$heads heads on $keyValueHeads of $headDim, values to $size, $lanes lanes, window $window', async (given) => {
    const shape = shapeOf(given)
    const rows = given.lengths.reduce((sum, length) => sum + length, 0)
    const inputs = inputsOf(shape, given.lengths, given.size)
    const { attended, logSums } = await runKernel(backend(), causalAttentionKernel(shape), inputs, rows + 2)
    const width = shape.attendedStride ?? 0
    const expected = attend(shape, inputs)
    const inHeads = (_: number, i: number) => i % width < shape.heads * shape.headWidth
    // Scores of several thousand leave few digits to the weights in float32.
    const error = given.size > 1 ? 1e-3 : 3e-6
    expect(relativeError(attended.subarray(0, rows * width).filter(inHeads), expected.attended)).toBeLessThan(error)
    expect(relativeError(logSums.subarray(0, rows * shape.heads), expected.logSums)).toBeLessThan(1e-6)
    // Padding is zero; rows past the count stay as they were.
    const padding = attended
      .subarray(0, rows * width)
      .filter((_, i) => inHeads(0, i) && (i % width) % shape.headWidth >= shape.headDim)
    expect(padding.every((value) => value === 0)).toBe(true)
    expect(attended.filter((_, i) => i >= rows * width || !inHeads(0, i)).every((value) => value === 7)).toBe(true)
    expect(logSums.subarray(rows * shape.heads).every((value) => value === 7)).toBe(true)
  })

  test.each([
    [1, {}],
    [4, {}],
    [37, {}],
    [37, { window: 6 }],
  ])('a sequence of %i gets the same bits in every company, %o', async (length, window) => {
    const shape = shapeOf({ heads: 4, keyValueHeads: 2, headDim: 16, lanes: 8, ...window })
    const alone = inputsOf(shape, [length], 1)
    const found = await runKernel(backend(), causalAttentionKernel(shape), alone, length)
    const together = inputsOf(shape, [3, 10, length, 60], 1)
    together.turned.set(alone.turned.subarray(0, length * shape.stride), 13 * shape.stride)
    const company = await runKernel(backend(), causalAttentionKernel(shape), together, 73 + length)
    const part = (values: Float32Array, from: number, width: number) => [
      ...values.subarray(from * width, (from + length) * width),
    ]
    expect(part(company.attended, 13, 68)).toEqual(part(found.attended, 0, 68))
    expect(part(company.logSums, 13, 4)).toEqual(part(found.logSums, 0, 4))
  })

  test('no sequence sees another one, even where that is no number', async () => {
    const shape = shapeOf({ heads: 2, keyValueHeads: 1, headDim: 8, lanes: 8 })
    const clean = inputsOf(shape, [3, 6, 2], 1)
    const dirty = { ...clean, turned: clean.turned.slice() }
    dirty.turned.fill(Number.NaN, 0, 3 * shape.stride)
    dirty.turned.fill(Number.NaN, 8 * shape.stride)
    const found = await runKernel(backend(), causalAttentionKernel(shape), dirty, 11)
    const expected = await runKernel(backend(), causalAttentionKernel(shape), clean, 11)
    expect([...found.attended.subarray(3 * 20, 8 * 20)]).toEqual([...expected.attended.subarray(3 * 20, 8 * 20)])
    expect(found.attended.subarray(3 * 20, 8 * 20).every(Number.isFinite)).toBe(true)
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

function inputsOf(
  shape: CausalAttentionShape,
  lengths: readonly number[],
  size: number,
): Views<typeof CAUSAL_ATTENTION_BINDINGS> {
  const rows = lengths.reduce((sum, length) => sum + length, 2)
  return {
    rows: packedRows(lengths),
    turned: someHeads(rows, { ...shape, parts: shape.heads + 2 * shape.keyValueHeads }, 3, size),
    attended: new Float32Array(rows * (shape.attendedStride ?? 0)).fill(7),
    logSums: new Float32Array(rows * shape.heads).fill(7),
  }
}

/** Straight from the definition, in float64. */
function attend(
  shape: CausalAttentionShape,
  { rows, turned }: Views<typeof CAUSAL_ATTENTION_BINDINGS>,
): { readonly attended: number[]; readonly logSums: number[] } {
  const attended: number[] = []
  const logSums: number[] = []
  const dims = Array.from({ length: shape.headWidth }, (_, d) => d)
  for (let row = 0; row < (rows[0] as number); row++) {
    const position = rows[4 * (1 + row) + 1] as number
    const all = Array.from({ length: position + 1 }, (_, i) => row - position + i)
    const seen = all.slice(shape.window === null ? 0 : -shape.window)
    for (let head = 0; head < shape.heads; head++) {
      const keyHead = Math.floor(head / (shape.heads / shape.keyValueHeads))
      const at = (of: number, part: number, d: number) =>
        turned[of * shape.stride + part * shape.headWidth + d] as number
      const key = shape.heads + keyHead
      const scores = seen.map(
        (of) => dims.reduce((sum, d) => sum + at(row, head, d) * at(of, key, d), 0) / Math.sqrt(shape.headDim),
      )
      const most = Math.max(...scores)
      const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0)
      logSums.push(most + Math.log(total))
      const weights = scores.map((score) => Math.exp(score - most) / total)
      const value = key + shape.keyValueHeads
      attended.push(...dims.map((d) => seen.reduce((sum, of, i) => sum + (weights[i] as number) * at(of, value, d), 0)))
    }
  }
  return { attended, logSums }
}
