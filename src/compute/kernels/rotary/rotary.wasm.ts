import { i32 } from '../../wasm/assembler/scalars.ts'
import { v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { pageStride, positionStride } from '../page-pool.ts'
import { eachQuad } from '../quads.wasm.ts'
import { PAGE_POSITIONS, ROW_POSITION, ROW_TABLE, TARGET_ROW, TARGET_TABLE } from '../rows.ts'
import { rowAddress, rowWord } from '../rows.wasm.ts'
import type { ROTARY_BINDINGS, RotaryShape } from './rotary.reference.ts'
import { turnHead } from './turn-head.wasm.ts'

export function rotaryWasm(shape: RotaryShape): WasmKernel<typeof ROTARY_BINDINGS> {
  const { heads, keyValueHeads, headDim, headWidth, inputStride, norm, pagesPerSequence } = shape
  return {
    key: [heads, keyValueHeads, headDim, headWidth, inputStride, norm?.epsilon, pagesPerSequence].join(),
    cost: 3 * (heads + 2 * keyValueHeads) * headWidth,
    units: ({ at }) => i32.load(at.targets),
    emit: ({ f, at, first, end, madd }) => {
      const from = f.local('i32')
      const to = f.local('i32')
      const angles = f.local('i32')
      const turn = (count: number, gain: number) => {
        const head = f.local('i32', 0)
        f.while(i32.ltU(head, count), () => {
          turnHead(f, madd, shape, { from, to, angles, gains: i32.add(at.gains, 4 * gain) })
          f.increase(from, 4 * headWidth)
          f.increase(to, 4 * headWidth)
          f.increase(head, 1)
        })
      }
      f.for(first, end, (target) => {
        const row = f.local('i32', rowWord(at.targets, target, TARGET_ROW))
        const table = f.local('i32', rowWord(at.targets, target, TARGET_TABLE))
        const position = f.local('i32', rowWord(at.rows, row, ROW_POSITION))
        f.set(angles, rowAddress(f, at.angles, position, headDim))
        f.set(from, rowAddress(f, at.input, row, inputStride))
        f.if(
          i32.eq(table, rowWord(at.rows, row, ROW_TABLE)),
          () => {
            f.set(to, rowAddress(f, at.queries, row, heads * headWidth))
            turn(heads, 0)
          },
          () => f.increase(from, 4 * heads * headWidth),
        )
        const entry = i32.add(i32.mul(table, pagesPerSequence), i32.divU(position, PAGE_POSITIONS))
        const page = i32.add(i32.load(at.layer), i32.load(i32.add(at.pageTables, i32.shl(entry, 2))))
        f.set(to, rowAddress(f, at.pool, page, pageStride(shape)))
        f.set(to, rowAddress(f, to, i32.remU(position, PAGE_POSITIONS), positionStride(shape)))
        turn(keyValueHeads, headDim)
        eachQuad(f, (keyValueHeads * headWidth) / 4, (bytes) => {
          f.store('v128', i32.add(to, bytes), v128.load(i32.add(from, bytes)))
        })
      })
    },
  }
}
