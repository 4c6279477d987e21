import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { tokenLogprobsKernel } from './token-logprobs.ts'

onEachBackend('token log-probabilities', (backend) => {
  test.each([
    { vocabulary: 2, lanes: 1, size: 4 },
    { vocabulary: 2, lanes: 64, size: 4 },
    { vocabulary: 23, lanes: 1, size: 4 },
    { vocabulary: 23, lanes: 64, size: 1e4 },
    { vocabulary: 1000, lanes: 1, size: 1e4 },
    { vocabulary: 1000, lanes: 64, size: 4 },
    { vocabulary: 50_000, lanes: 1, size: 4 },
    { vocabulary: 50_000, lanes: 64, size: 4 },
  ])('of $vocabulary tokens with logits to $size, $lanes lanes', async ({ vocabulary, lanes, size }) => {
    const count = 11
    const stride = Math.ceil(vocabulary / 8) * 8
    // What lies past the vocabulary says nothing, however large it is.
    const logits = someFloats((count + 2) * stride, 1, size).map((logit, i) => (i % stride < vocabulary ? logit : 1e30))
    const ids = Array.from({ length: count }, (_, row) => (row * 7919) % vocabulary)
    const of = (row: number) => logits.subarray(row * stride, row * stride + vocabulary)
    // Some targets are the best.
    for (let row = 0; row < count; row += 3) ids[row] = bestOf(of(row))
    const found = await run(tokenLogprobsKernel({ vocabulary, stride, lanes, serialLanes: 8 }), ids, logits, count + 2)
    const expected = ids.map((id, row) => expectedStats(of(row), id))
    const column = (values: ArrayLike<number>, c: number) =>
      Array.from({ length: count }, (_, r) => values[4 * r + c] ?? 0)
    for (const c of [0, 1, 2]) expect(relativeError(column(found, c), column(expected.flat(), c))).toBeLessThan(2e-6)
    expect(column(found, 3)).toEqual(column(expected.flat(), 3))
    // Rows past the count stay as they were.
    expect([...found.subarray(4 * count)]).toEqual(new Array(8).fill(7))
  })

  test.each([1, 64])('one logit far above the rest, and all of them equal, %i lanes', async (lanes) => {
    const [vocabulary, stride] = [23, 24]
    const logits = new Float32Array(6 * stride).fill(-1e4)
    logits[stride + 5] = 1e4
    logits.fill(1e4, 2 * stride, 3 * stride)
    logits.fill(0, 3 * stride, 4 * stride)
    const kernel = tokenLogprobsKernel({ vocabulary, stride, lanes, serialLanes: 4 })
    const found = await run(kernel, [4, 5, 0, 22], logits, 4)
    const even = Math.log(23)
    const expected = [
      [-even, -1e4 + even, even, 0],
      [0, 1e4, 0, 1],
      [-even, 1e4 + even, even, 1],
      [-even, even, even, 0],
    ]
    expect([...found.subarray(4, 8)]).toEqual(expected[1])
    expected.forEach((stats, row) => {
      expect(relativeError(found.subarray(4 * row, 4 * row + 4), stats)).toBeLessThan(1e-6)
      expect(found[4 * row + 2]).toBeCloseTo(stats[2] ?? Number.NaN, 5)
    })
  })

  test.each([1, 64])('ties go to the lowest id, %i lanes', async (lanes) => {
    const [vocabulary, stride] = [300, 304]
    const logits = new Float32Array(4 * stride).fill(-2)
    for (const id of [7, 6, 202]) for (const row of [0, 1]) logits[row * stride + id] = 5
    const kernel = tokenLogprobsKernel({ vocabulary, stride, lanes, serialLanes: 4 })
    const found = await run(kernel, [7, 6, 0], logits, 3)
    expect([found[3], found[7], found[11]]).toEqual([0, 1, 1])
  })

  test.each([1, 64])('a logit that is no number shows, %i lanes', async (lanes) => {
    const [vocabulary, stride] = [23, 24]
    const logits = someFloats(2 * stride, 1)
    logits[3] = Number.NaN
    logits[stride + 9] = Number.POSITIVE_INFINITY
    const found = await run(tokenLogprobsKernel({ vocabulary, stride, lanes, serialLanes: 4 }), [1, 2], logits, 2)
    expect(Number.isFinite(found[0])).toBe(false)
    expect(Number.isFinite(found[4])).toBe(false)
  })

  async function run(
    kernel: ReturnType<typeof tokenLogprobsKernel>,
    ids: readonly number[],
    logits: Float32Array,
    room: number,
  ): Promise<Float32Array> {
    const rows = makeRows(ids.map((id) => [id, 0, 0, NO_SLOT]))
    const stats = new Float32Array(4 * room).fill(7)
    return (await runKernel(backend(), kernel, { rows, logits, stats }, room)).stats
  }
})

function bestOf(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((most, logit) => Math.max(most, logit)))
}

/** Straight from the definition, in float64. */
function expectedStats(logits: Float32Array, id: number): number[] {
  const best = bestOf(logits)
  const apart = Array.from(logits, (logit) => logit - (logits[best] as number))
  const logSum = Math.log(apart.reduce((sum, x) => sum + Math.exp(x), 0))
  const entropy = apart.reduce((sum, x) => sum - Math.exp(x - logSum) * (x - logSum), 0)
  return [(apart[id] as number) - logSum, (logits[best] as number) + logSum, entropy, best === id ? 1 : 0]
}
