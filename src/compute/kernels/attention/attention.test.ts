import { expect, test } from 'vitest'
import type { Backend, Views } from '../../backend.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, relativeError, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { pageStride, positionStride } from '../page-pool.ts'
import { NO_SLOT } from '../rows.ts'
import type { ATTENTION_BINDINGS } from './attention.reference.ts'
import { attentionKernel } from './attention.ts'
import type { AttentionShape } from './attention-shape.ts'
import { NO_ROW, partialStride } from './attention-shape.ts'
import { pageAttentionKernel } from './page-attention.ts'

const PAGES = 12
/** Two sequences that share their first page. */
const TABLES = Uint32Array.of(0, 1, 2, 3, 0, 7, 6, 5)
const ROWS = [
  [0, 0],
  [3, 1],
  [15, 0],
  [16, 1],
  [49, 1],
  [63, 0],
  [18, 0],
] as const

type Row = readonly [position: number, table: number]
type Inputs = Views<typeof ATTENTION_BINDINGS>

onEachBackend('attention', (backend) => {
  test.each([
    { heads: 4, keyValueHeads: 4, headDim: 32, size: 1, lanes: 1 },
    { heads: 6, keyValueHeads: 2, headDim: 10, size: 1, lanes: 1 },
    { heads: 3, keyValueHeads: 1, headDim: 12, size: 30, lanes: 1 },
    { heads: 2, keyValueHeads: 1, headDim: 128, size: 1, lanes: 1 },
    { heads: 4, keyValueHeads: 4, headDim: 32, size: 1, lanes: 64 },
    { heads: 6, keyValueHeads: 2, headDim: 10, size: 1, lanes: 64 },
    { heads: 3, keyValueHeads: 1, headDim: 12, size: 30, lanes: 64 },
    { heads: 2, keyValueHeads: 1, headDim: 128, size: 1, lanes: 64 },
    ...[1, 64].flatMap((lanes) =>
      [7, 16, 33].map((window) => ({ heads: 6, keyValueHeads: 2, headDim: 10, size: 1, lanes, window })),
    ),
  ])('$heads heads on $keyValueHeads of $headDim, values to $size, $lanes lanes, window $window', async (given) => {
    const shape = shapeOf(given)
    const inputs = inputsOf(shape, ROWS, given.size)
    const { output } = await runKernel(backend(), attentionKernel(shape), inputs, 9)
    for (const row of ROWS.keys()) {
      for (let head = 0; head < given.heads; head++) {
        const at = (row * given.heads + head) * shape.headWidth
        const found = output.slice(at, at + shape.headWidth)
        // Scores of several thousand leave few digits to the weights in float32.
        expect(relativeError(found, attend(shape, inputs, row, head))).toBeLessThan(given.size > 1 ? 1e-3 : 3e-6)
      }
    }
    expect(output.slice(ROWS.length * given.heads * shape.headWidth).every((value) => value === 0)).toBe(true)
  })

  test.each([1, 64])('ignores what lies behind the position, even where it is no number, %i lanes', async (lanes) => {
    const shape = shapeOf({ heads: 2, keyValueHeads: 1, headDim: 8, lanes })
    const inputs = inputsOf(shape, [[5, 0]], 1)
    const clean = await runKernel(backend(), attentionKernel(shape), inputs, 1)
    inputs.pool.fill(Number.NaN, 3 * pageStride(shape) + 6 * positionStride(shape), 4 * pageStride(shape))
    const dirty = await runKernel(backend(), attentionKernel(shape), inputs, 1)
    expect([...dirty.output]).toEqual([...clean.output])
    expect(clean.output.subarray(0, 16).every((value) => Number.isFinite(value))).toBe(true)
  })

  test.each([1, 64])('gives a row the same bits in every company, %i lanes', async (lanes) => {
    const shape = shapeOf({ heads: 4, keyValueHeads: 2, headDim: 16, lanes })
    const inputs = inputsOf(shape, [[41, 1]], 1)
    const alone = await runKernel(backend(), attentionKernel(shape), inputs, 1)
    const company: Row[] = [
      [63, 0],
      [2, 1],
      [41, 1],
      [7, 0],
    ]
    const others = inputsOf(shape, company, 1)
    others.queries.copyWithin(2 * 64, 0, 64)
    const together = await runKernel(backend(), attentionKernel(shape), others, 4)
    expect([...together.output.slice(2 * 64, 3 * 64)]).toEqual([...alone.output.slice(0, 64)])
  })

  test.each(
    [1, 64].flatMap((lanes) => [
      { heads: 4, keyValueHeads: 4, headDim: 32, lanes },
      { heads: 6, keyValueHeads: 2, headDim: 10, lanes },
      { heads: 3, keyValueHeads: 1, headDim: 6, lanes },
      { heads: 2, keyValueHeads: 2, headDim: 36, lanes },
      { heads: 14, keyValueHeads: 2, headDim: 64, lanes },
      { heads: 2, keyValueHeads: 1, headDim: 128, lanes },
      ...[16, 30].map((window) => ({ heads: 4, keyValueHeads: 2, headDim: 12, lanes, window })),
    ]),
  )(
    'pages read once for all give the same bits: $heads heads on $keyValueHeads of $headDim, $lanes lanes, window $window',
    async (given) => {
      const shape = shapeOf(given)
      // Six lanes; lane 3 leads no row. Rows are not in the order of the lanes.
      const tables = [
        [0, 1, 2, 3],
        [0, 1, 4, 5],
        [0, 6, 7, 8],
        [0, 1, 2, 3],
        [0, 1, 2, 8],
        [0, 6, 1, 0],
      ]
      const rows: Row[] = [
        [47, 4],
        [50, 0],
        [33, 2],
        [63, 1],
        [17, 5],
      ]
      const sequenceRows = Uint32Array.from(tables, (_, lane) => {
        const row = rows.findIndex(([, table]) => table === lane)
        return row < 0 ? NO_ROW : row
      })
      const covered = [3, 2, 2, 2, 1, 0]
      const starts = covered.map((_, lane) => covered.slice(0, lane).reduce((sum, pages) => sum + pages, 1))
      const inputs: Inputs = { ...inputsOf(shape, rows, 1), pageTables: Uint32Array.from(tables.flat()) }
      const plain = await runKernel(backend(), attentionKernel(shape), inputs, rows.length)

      const pages = [...new Set(tables.flatMap((table, lane) => table.slice(0, covered[lane])))]
      const lists = pages.map((page) =>
        tables.flatMap((table, lane) => {
          const index = table.slice(0, covered[lane]).indexOf(page)
          return index < 0 ? [] : [[lane, (starts[lane] ?? 0) + index]]
        }),
      )
      const items = lists.map((list, item) => [
        pages[item] ?? 0,
        lists.slice(0, item).reduce((sum, { length }) => sum + length, 0),
        list.length,
        0,
      ])
      const partials = new Float32Array(20 * given.heads * partialStride(shape)).fill(Number.NaN)
      const byPage = await runKernel(
        backend(),
        pageAttentionKernel(shape),
        {
          rows: inputs.rows,
          sequenceRows,
          items: Uint32Array.of(items.length, 0, 0, 0, ...items.flat(), ...items.flat()),
          list: Uint32Array.from(lists.flat(2)),
          layer: inputs.layer,
          queries: inputs.queries,
          pool: inputs.pool,
          partials,
        },
        items.length + 2,
      )
      // Where nobody leads a row, and before the first place, nothing is written.
      const unread = new Float32Array(given.heads * partialStride(shape)).fill(Number.NaN)
      expect(byPage.partials.slice(0, unread.length)).toEqual(unread)
      const mute = (starts[3] ?? 0) * unread.length
      expect(byPage.partials.slice(mute, mute + unread.length)).toEqual(unread)
      const coverage = Uint32Array.from(covered.flatMap((count, lane) => [count, starts[lane] ?? 0]))
      const merged = await runKernel(
        backend(),
        attentionKernel(shape),
        // Nothing of the covered pages may be read from the pool again: page 0 is every lane's first.
        { ...inputs, coverage, partials: byPage.partials, pool: withoutPage(shape, inputs.pool, 3) },
        rows.length,
      )
      const width = given.heads * shape.headWidth
      // The last row's lane has no page covered, so it alone still reads page 0.
      // Of a page that a window cuts there is no partial to use.
      if (shape.window === null) {
        expect([...merged.output.slice(0, 4 * width)]).toEqual([...plain.output.slice(0, 4 * width)])
      }
      const whole = { ...inputs, coverage, partials: byPage.partials }
      expect([...(await attendWith(backend(), shape, whole, rows.length))]).toEqual([...plain.output])
    },
  )
})

async function attendWith(
  backend: Backend,
  shape: AttentionShape,
  inputs: Inputs,
  rows: number,
): Promise<Float32Array> {
  return (await runKernel(backend, attentionKernel(shape), inputs, rows)).output
}

function shapeOf(
  given: Pick<AttentionShape, 'heads' | 'keyValueHeads' | 'headDim' | 'lanes'> & { readonly window?: number },
): AttentionShape {
  const { heads, keyValueHeads, headDim, lanes, window = null } = given
  const headWidth = Math.ceil(headDim / 4) * 4
  return { heads, keyValueHeads, headDim, window, headWidth, pagesPerSequence: 4, lanes, serialLanes: 4 }
}

function inputsOf(shape: AttentionShape, rows: readonly Row[], size: number): Inputs {
  return {
    rows: makeRows(rows.map(([position, table]) => [0, position, table, NO_SLOT])),
    pageTables: TABLES,
    coverage: new Uint32Array(2 * 8),
    layer: Uint32Array.of(3, 0, 0, 0),
    queries: someFloats(16 * shape.heads * shape.headWidth, 1, size),
    pool: someFloats(PAGES * pageStride(shape), 2, size),
    partials: new Float32Array(4),
    output: new Float32Array(16 * shape.heads * shape.headWidth),
  }
}

function withoutPage(shape: AttentionShape, pool: Float32Array, page: number): Float32Array {
  return pool.slice().fill(Number.NaN, page * pageStride(shape), (page + 1) * pageStride(shape))
}

/** Straight from the definition, in float64. */
function attend(shape: AttentionShape, inputs: Inputs, row: number, head: number): number[] {
  const { pool, queries, pageTables } = inputs
  const position = inputs.rows[4 * (1 + row) + 1] as number
  const table = inputs.rows[4 * (1 + row) + 2] as number
  const group = Math.floor(head / (shape.heads / shape.keyValueHeads))
  const places = Array.from({ length: position + 1 }, (_, p) => {
    const page = 3 + (pageTables[table * shape.pagesPerSequence + Math.floor(p / 16)] as number)
    return page * pageStride(shape) + (p % 16) * positionStride(shape) + group * shape.headWidth
  }).slice(shape.window === null ? 0 : -shape.window)
  const query = queries.subarray((row * shape.heads + head) * shape.headWidth)
  const dims = Array.from({ length: shape.headWidth }, (_, d) => d)
  const scores = places.map(
    (at) =>
      dims.reduce((sum, d) => sum + (query[d] as number) * (pool[at + d] as number), 0) / Math.sqrt(shape.headDim),
  )
  const most = Math.max(...scores)
  const weights = scores.map((score) => Math.exp(score - most))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const value = shape.keyValueHeads * shape.headWidth
  return dims.map(
    (d) => places.reduce((sum, at, p) => sum + (weights[p] as number) * (pool[at + value + d] as number), 0) / total,
  )
}
