import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, shuffle32, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import type { WasmContext, WasmKernel } from '../../wasm/wasm-kernel.ts'
import { word } from '../attention-parts.wasm.ts'
import { PAGE_POSITIONS, ROW_POSITION, ROW_TABLE, ROW_WORDS } from '../rows.ts'
import type { ATTENTION_BINDINGS } from './attention.reference.ts'
import type { AttentionShape } from './attention-shape.ts'
import { LEAST_SCORE } from './attention-shape.ts'
import type { PageNumbers, SeenPage } from './page-partial.wasm.ts'
import { byteSizes, mixPage, weighPage } from './page-partial.wasm.ts'

type Context = WasmContext<typeof ATTENTION_BINDINGS>

/** A unit is one row and head. Its sum so far lies in the output; what covered pages have left is merged into it. */
export function attentionWasm(shape: AttentionShape): WasmKernel<typeof ATTENTION_BINDINGS> {
  const { heads, keyValueHeads, headDim, headWidth, window, pagesPerSequence } = shape
  return {
    key: [heads, keyValueHeads, headDim, window, pagesPerSequence].join(),
    // Some ten pages.
    cost: 10 * PAGE_POSITIONS * 2 * headWidth,
    scratchBytes: 4 * PAGE_POSITIONS,
    units: ({ at }) => i32.mul(i32.load(at.rows), heads),
    emit: (context) => emit(context, shape),
  }
}

function emit(context: Context, shape: AttentionShape): void {
  const { f, at, first, end, scratch } = context
  const { heads, keyValueHeads, pagesPerSequence, window } = shape
  const { head: headBytes, quads, partial, page: pageBytes } = byteSizes(shape)
  const layer = f.local('i32', i32.load(at.layer))
  f.for(first, end, (unit) => {
    const row = f.local('i32', i32.divU(unit, heads))
    const head = f.local('i32', i32.sub(unit, i32.mul(row, heads)))
    const words = f.local('i32', word(at.rows, i32.mul(i32.add(row, 1), ROW_WORDS)))
    const last = f.local('i32', i32.load(words, 4 * ROW_POSITION))
    const table = f.local('i32', i32.load(words, 4 * ROW_TABLE))
    const covered = f.local('i32', i32.load(word(at.coverage, i32.mul(table, 2))))
    const place = f.local('i32', i32.load(word(at.coverage, i32.mul(table, 2)), 4))
    const query = f.local('i32', i32.add(at.queries, i32.mul(unit, headBytes)))
    const output = f.local('i32', i32.add(at.output, i32.mul(unit, headBytes)))
    const ofHead = f.local('i32', i32.mul(i32.divU(head, heads / keyValueHeads), headBytes))
    const pages = f.local('i32', i32.add(i32.shrU(last, 4), 1))
    const sums = new RunningSums(context, quads, output)
    const page = f.local('i32', 0)

    /** Pages from `page` to before `to`, of which only the first may be seen in part because of the window. */
    const readPages = (to: Value<'i32'>, from: Value<'i32'> | null) =>
      f.while(i32.ltU(page, to), () => {
        const number = i32.load(word(at.pageTables, i32.add(i32.mul(table, pagesPerSequence), page)))
        const base = i32.add(at.pool, i32.mul(i32.add(layer, number), pageBytes))
        const keys = f.local('i32', i32.add(base, ofHead))
        const rest = f.local('i32', i32.sub(i32.add(last, 1), i32.shl(page, 4)))
        const before = f.local('i32', i32.minU(rest, i32.const(PAGE_POSITIONS)))
        const seen: SeenPage = { query, keys, seen: { from, before }, scores: scratch }
        const numbers = weighPage(context, shape, seen)
        const factors = sums.merge(numbers)
        mixPage(context, shape, seen, (i, mixed) => sums.add(i, mixed, factors))
        f.increase(page, 1)
      })

    if (window !== null) {
      // The first page that is seen, where the window cuts it: partials are of whole pages.
      const start = f.local('i32', 0)
      f.if(i32.geU(last, window), () => f.set(start, i32.sub(last, window - 1)))
      f.set(page, i32.shrU(start, 4))
      const unseen = f.local('i32', i32.and(start, PAGE_POSITIONS - 1))
      f.if(unseen, () => readPages(i32.add(i32.shrU(start, 4), 1), unseen))
    }
    f.while(i32.ltU(page, covered), () => {
      const from = f.local('i32', i32.add(i32.mul(i32.add(place, page), heads), head))
      f.set(from, i32.add(at.partials, i32.mul(from, partial)))
      const most = f.local('v128', v128.load32Splat(from, headBytes))
      const weight = f.local('v128', v128.load32Splat(from, headBytes + 4))
      const factors = sums.merge({ most, weight })
      for (let i = 0; i < quads; i++) sums.add(i, v128.load(from, 16 * i), factors)
      f.increase(page, 1)
    })
    readPages(pages, null)
    sums.divide()
  })
}

interface Factors {
  readonly shrink: Local<'v128'>
  readonly grow: Local<'v128'>
}

/** The merged partials of a row and head: numbers in variables, the sums of values in memory. */
class RunningSums {
  private readonly context: Context
  private readonly quads: number
  private readonly place: Local<'i32'>
  private readonly most: Local<'v128'>
  private readonly weight: Local<'v128'>

  constructor(context: Context, quads: number, place: Local<'i32'>) {
    const { f } = context
    this.context = context
    this.quads = quads
    this.place = place
    this.most = f.local('v128', f32x4.const(LEAST_SCORE))
    this.weight = f.local('v128', f32x4.const(0))
    for (let i = 0; i < quads; i++) f.store('v128', place, f32x4.const(0), 16 * i)
  }

  /** Takes a page's numbers in. @returns what the sum so far and the page's values are scaled by */
  merge({ most, weight }: PageNumbers): Factors {
    const { f, madd } = this.context
    const now = f.local('v128', f32x4.pmax(this.most, most))
    // Both exponentials in one: of the sums' largest score in the lower lanes, of the page's in the upper ones.
    const both = f32x4.sub(shuffle32(this.most, most, [0, 1, 4, 5]), now)
    const factors = f.local('v128', exponential(f, madd, both))
    const shrink = f.local('v128', shuffle32(factors, factors, [0, 0, 0, 0]))
    const grow = f.local('v128', shuffle32(factors, factors, [2, 2, 2, 2]))
    f.set(this.most, now)
    f.set(this.weight, madd(weight, grow, f32x4.mul(this.weight, shrink)))
    return { shrink, grow }
  }

  add(i: number, values: Value<'v128'>, { shrink, grow }: Factors): void {
    const { f, madd } = this.context
    const so_far = f32x4.mul(v128.load(this.place, 16 * i), shrink)
    f.store('v128', this.place, madd(values, grow, so_far), 16 * i)
  }

  divide(): void {
    const { f } = this.context
    for (let i = 0; i < this.quads; i++) {
      f.store('v128', this.place, f32x4.div(v128.load(this.place, 16 * i), this.weight), 16 * i)
    }
  }
}
