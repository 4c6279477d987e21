import { i32 } from '../../wasm/assembler/scalars.ts'
import { shuffle32 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { word } from '../attention-parts.wasm.ts'
import { PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { NO_ROW } from './attention-shape.ts'
import type { PAGE_ATTENTION_BINDINGS } from './page-attention.reference.ts'
import type { SeenPage } from './page-partial.wasm.ts'
import { byteSizes, mixPage, weighPage } from './page-partial.wasm.ts'

const ITEM_WORDS = 4

/** A unit is one item and key-value head: its keys and values stay in the nearest cache while all rows on it pass. */
export function pageAttentionWasm(shape: AttentionShape): WasmKernel<typeof PAGE_ATTENTION_BINDINGS> {
  const { heads, keyValueHeads, headDim, headWidth } = shape
  const group = heads / keyValueHeads
  const { head: headBytes, page: pageBytes, partial: partialBytes, numbers: numbersAt } = byteSizes(shape)
  return {
    key: [heads, keyValueHeads, headDim].join(),
    // Some eight rows.
    cost: 8 * group * PAGE_POSITIONS * 2 * headWidth,
    scratchBytes: 4 * PAGE_POSITIONS,
    units: ({ at }) => i32.mul(i32.load(at.items), keyValueHeads),
    emit: (context) => {
      const { f, at, first, end, scratch } = context
      const layer = f.local('i32', i32.load(at.layer))
      f.for(first, end, (unit) => {
        const number = f.local('i32', i32.divU(unit, keyValueHeads))
        const keyHead = f.local('i32', i32.sub(unit, i32.mul(number, keyValueHeads)))
        const item = f.local('i32', word(at.items, i32.mul(i32.add(number, 1), ITEM_WORDS)))
        const page = i32.add(at.pool, i32.mul(i32.add(layer, i32.load(item)), pageBytes))
        const keys = f.local('i32', i32.add(page, i32.mul(keyHead, headBytes)))
        const entry = f.local('i32', i32.add(at.list, i32.shl(i32.load(item, 4), 3)))
        const entriesEnd = f.local('i32', i32.add(entry, i32.shl(i32.load(item, 8), 3)))
        f.while(i32.ltU(entry, entriesEnd), () => {
          const row = f.local('i32', i32.load(word(at.sequenceRows, i32.load(entry))))
          f.if(i32.ne(row, NO_ROW), () => {
            const head = f.local('i32', i32.mul(keyHead, group))
            const query = f.local('i32', i32.add(i32.mul(row, heads), head))
            f.set(query, i32.add(at.queries, i32.mul(query, headBytes)))
            const partial = f.local('i32', i32.add(i32.mul(i32.load(entry, 4), heads), head))
            f.set(partial, i32.add(at.partials, i32.mul(partial, partialBytes)))
            f.for(0, group, () => {
              const seen: SeenPage = { query, keys, scores: scratch }
              const { most, weight } = weighPage(context, shape, seen)
              f.store('v128', partial, shuffle32(most, weight, [0, 4, 0, 4]), numbersAt)
              mixPage(context, shape, seen, (i, mixed) => f.store('v128', partial, mixed, 16 * i))
              f.increase(query, headBytes)
              f.increase(partial, partialBytes)
            })
          })
          f.increase(entry, 8)
        })
      })
    },
  }
}
