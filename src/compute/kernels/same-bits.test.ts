import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend, Bindings, Kernel, Views } from '../backend.ts'
import { openBackend } from '../open-backend.ts'
import { packedRows } from '../testing/packed-rows.ts'
import { makeRows, runKernel, someFloats } from '../testing/run-kernel.ts'
import { adamwKernel } from './adamw/adamw.ts'
import { attentionKernel } from './attention/attention.ts'
import { partialStride } from './attention/attention-shape.ts'
import { pageAttentionKernel } from './attention/page-attention.ts'
import { causalAttentionKernel } from './causal-attention/causal-attention.ts'
import { causalAttentionBackwardKeysKernel } from './causal-attention/causal-attention-backward-keys.ts'
import { causalAttentionBackwardQueriesKernel } from './causal-attention/causal-attention-backward-queries.ts'
import { columnSumsKernel } from './column-sums/column-sums.ts'
import { embeddingKernel } from './embedding/embedding.ts'
import { embeddingGradientKernel } from './embedding-gradient/embedding-gradient.ts'
import { fillKernel } from './fill/fill.ts'
import { gainGradientKernel } from './gain-gradient/gain-gradient.ts'
import { logitsGradientKernel } from './logits-gradient/logits-gradient.ts'
import { pageStride } from './page-pool.ts'
import { rmsnormKernel } from './rmsnorm/rmsnorm.ts'
import { rmsnormBackwardKernel } from './rmsnorm-backward/rmsnorm-backward.ts'
import { headGainGradientKernel } from './rotary-dense/head-gain-gradient.ts'
import { rotaryDenseKernel } from './rotary-dense/rotary-dense.ts'
import { rotaryDenseBackwardKernel } from './rotary-dense/rotary-dense-backward.ts'
import { samplerKernel } from './sampler/sampler.ts'
import { scaledCopyKernel } from './scaled-copy/scaled-copy.ts'
import { sumOfSquaresKernel } from './sum-of-squares/sum-of-squares.ts'
import { swigluKernel } from './swiglu/swiglu.ts'
import { swigluBackwardKernel } from './swiglu/swiglu-backward.ts'
import { tokenLogprobsKernel } from './token-logprobs/token-logprobs.ts'
import { transposeKernel } from './transpose/transpose.ts'

/** Large enough for every kernel to be shared among threads, and no multiple of what they do at a time. */
const ROWS = 301
const WIDTH = 332
const VOCABULARY = 1003
const STRIDE = 1008
const QUADS = 20_011
const lanes = 1
const serialLanes = 1
const epsilon = 1e-5

const rows = makeRows(Array.from({ length: ROWS }, (_, row) => [(row * 7919) % VOCABULARY, row % 40, row, row]))
const flat = Uint32Array.of(QUADS, 0, 0, 0)
const matrix = (seed: number, width = WIDTH) => someFloats(ROWS * width, seed)
const long = (seed: number) => someFloats(4 * QUADS, seed)
const norm = { hidden: WIDTH - 3, stride: WIDTH, epsilon, lanes, serialLanes }
const heads = { heads: 6, keyValueHeads: 2, headDim: 30, headWidth: 32, stride: WIDTH, norm: { epsilon }, lanes }
const angles = someFloats(40 * heads.headDim, 9)
const gains = someFloats(2 * heads.headDim, 8)
const logits = { vocabulary: VOCABULARY, stride: STRIDE, lanes, serialLanes }
const segments = makeRows(Array.from({ length: 50 }, (_, token) => [token, 6 * token, 6 * token + 6, 0]))

interface Case {
  readonly kernel: Kernel
  readonly inputs: Views<Bindings>
  readonly rows: number
}

function of<B extends Bindings>(kernel: Kernel<B>, inputs: Views<B>, rows = ROWS): Case {
  return { kernel: kernel as unknown as Kernel, inputs, rows }
}

const packed = packedRows([120, 101, 80])
const causal = { ...heads, window: 90, serialLanes }
const attended = 6 * 32
const paged = { ...heads, window: null, pagesPerSequence: 3, serialLanes }
const pages = {
  layer: Uint32Array.of(4),
  queries: matrix(1, attended),
  pool: someFloats(60 * pageStride(paged), 2),
}
/** Eight pages, each of which every row has read before it. */
const shared = {
  sequenceRows: Uint32Array.from({ length: ROWS }, (_, i) => i),
  items: makeRows(Array.from({ length: 8 }, (_, page) => [page, page * ROWS, ROWS, 0])),
  list: Uint32Array.from({ length: 2 * 8 * ROWS }, (_, i) => (i % 2 === 0 ? (i / 2) % ROWS : i >> 1)),
  partials: someFloats(8 * ROWS * 6 * partialStride(paged), 3),
}

const cases: readonly Case[] = [
  of(causalAttentionKernel(causal), {
    ...{ rows: packed, turned: matrix(1), attended: matrix(2, attended), logSums: matrix(3, 6) },
  }),
  of(causalAttentionBackwardQueriesKernel(causal), {
    ...{ rows: packed, turned: matrix(1), attended: matrix(2, attended), logSums: matrix(3, 6) },
    ...{ gradient: matrix(4, attended), output: matrix(5), deltas: matrix(6, 6) },
  }),
  of(causalAttentionBackwardKeysKernel(causal), {
    ...{ rows: packed, turned: matrix(1), logSums: matrix(3, 6) },
    ...{ gradient: matrix(4, attended), deltas: matrix(6, 6), output: matrix(5) },
  }),
  of(attentionKernel(paged), {
    ...{ rows, pageTables: Uint32Array.from({ length: 3 * ROWS }, (_, i) => (i * 5) % 56) },
    ...{ coverage: new Uint32Array(2 * ROWS), ...pages, partials: new Float32Array(4), output: matrix(7, attended) },
  }),
  of(pageAttentionKernel(paged), { rows, ...pages, ...shared }, 8),
  of(rmsnormKernel({ ...norm, to: 'row' }), { rows, input: matrix(1), gain: matrix(2, 2), output: matrix(0) }),
  of(rmsnormBackwardKernel({ ...norm, from: 'slot', epilogue: 'add' }), {
    ...{ rows, input: matrix(1), gain: matrix(2, 2), gradient: matrix(3), output: matrix(4) },
    scales: new Float32Array(ROWS),
  }),
  of(gainGradientKernel({ ...norm, from: 'row' }), {
    ...{ rows, input: matrix(1), gradient: matrix(2), scales: matrix(3, 1), output: matrix(4, 2) },
  }),
  of(columnSumsKernel({ columns: WIDTH - 8, stride: WIDTH, offset: 4, lanes }), {
    ...{ rows, input: matrix(1), output: matrix(2, 2) },
  }),
  of(rotaryDenseKernel(heads), {
    rows: packedRows([301]),
    input: matrix(1),
    angles: matrix(5, 30),
    gains,
    output: matrix(0),
  }),
  of(rotaryDenseBackwardKernel(heads), {
    ...{ rows, input: matrix(1), angles, gains, gradient: matrix(2), output: matrix(0) },
  }),
  of(headGainGradientKernel(heads), { rows, contributions: matrix(1), output: gains }),
  of(swigluKernel({ columns: 328, lanes }), { rows, input: matrix(1, 328), output: matrix(0, 164) }),
  of(swigluBackwardKernel({ columns: 328, lanes }), {
    ...{ rows, input: matrix(1, 328), gradient: matrix(2, 164), output: matrix(0, 328) },
  }),
  of(
    embeddingKernel({
      hidden: 64,
      outputStride: 64,
      first: 0,
      end: VOCABULARY,
      columns: STRIDE,
      format: 'int8',
      lanes,
    }),
    {
      ...{ rows, table: someFloats(64 * STRIDE, 1), output: matrix(0, 64) },
    },
  ),
  of(
    embeddingGradientKernel({ hidden: WIDTH, stride: WIDTH, first: 0, end: 50, columns: 56, lanes }),
    {
      ...{ rows: segments, order: Uint32Array.from({ length: ROWS }, (_, i) => (i * 7) % ROWS) },
      ...{ gradient: matrix(1), output: someFloats(WIDTH * 56, 2) },
    },
    50,
  ),
  of(tokenLogprobsKernel(logits), { rows, logits: matrix(1, STRIDE), stats: matrix(0, 4) }),
  of(logitsGradientKernel(logits), {
    ...{ rows, stats: matrix(1, 4), coefficients: matrix(2, 2), logits: matrix(3, STRIDE) },
  }),
  of(
    transposeKernel({
      ...{
        format: 'f32',
        maxRows: ROWS,
        inputStride: WIDTH,
        inputOffset: 4,
        width: 324,
        outputStride: 308,
        padTo: 4,
        lanes,
      },
    }),
    { rows, input: matrix(1), output: someFloats(324 * 308, 2) },
  ),
  of(
    adamwKernel({ decay: true, lanes }),
    {
      ...{ rows: flat, settings: someFloats(12, 1).map(Math.abs), clip: Float32Array.of(3, 0.5), gradient: long(2) },
      ...{ parameters: long(3), first: long(4), second: long(5).map(Math.abs) },
    },
    QUADS,
  ),
  of(
    sumOfSquaresKernel({ partials: 61, lanes, serialLanes }),
    {
      ...{ rows: flat, place: Uint32Array.of(1), input: long(1), output: new Float32Array(64) },
    },
    QUADS,
  ),
  of(scaledCopyKernel(lanes), { rows: flat, factor: Float32Array.of(0.3), input: long(1), output: long(2) }, QUADS),
  of(fillKernel({ value: 0.1, lanes }), { rows: flat, output: long(1) }, QUADS),
  of(samplerKernel({ vocabulary: VOCABULARY, logitsStride: STRIDE, steps: 2, lanes }), {
    rows,
    sequences: new Uint32Array(
      someFloats(ROWS * 8, 4).map((value, i) => {
        const isFloat = i % 8 < 2
        return isFloat ? Math.abs(value) : value
      }).buffer,
    ).map((word, i) => (i % 8 === 2 ? ((i / 8) % 3) * 40 : word)),
    flags: new Uint32Array(VOCABULARY),
    logits: matrix(1, STRIDE),
    states: new Uint32Array(4 * ROWS),
    results: new Uint32Array(4 * ROWS),
  }),
]

describe('kernels in WebAssembly', () => {
  const backends: Backend[] = []
  beforeAll(async () => {
    for (const threads of [1, 3]) backends.push((await openBackend({ choice: 'wasm', wasm: { threads } })).backend)
  })
  afterAll(() => {
    for (const backend of backends) backend.dispose()
  })

  test.each(cases.map(({ kernel, ...rest }) => ({ name: kernel.name, kernel, ...rest })))(
    '$name gives the same bits with one thread and with three',
    async ({ kernel, inputs, rows }) => {
      const found: string[] = []
      for (const backend of backends) {
        const results = await runKernel(backend, kernel, inputs, rows)
        found.push(Object.values(results).map(hash).join())
      }
      expect(found[1]).toBe(found[0])
      expect(found[0]).not.toBe(Object.values(inputs).map(hash).join())
    },
  )
})

function hash(values: Float32Array | Uint32Array): number {
  return new Uint32Array(values.buffer).reduce((hash, word) => Math.imul(hash ^ word, 16777619) >>> 0, 2166136261)
}
