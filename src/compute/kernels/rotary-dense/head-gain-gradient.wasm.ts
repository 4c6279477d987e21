import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { rowAddress } from '../rows.wasm.ts'
import type { HEAD_GAIN_GRADIENT_BINDINGS, HeadGainGradientShape } from './head-gain-gradient.reference.ts'
import { eachHead } from './rotary-dense.wasm.ts'

/** Rows of a usual batch. */
const USUAL_ROWS = 512

/** A unit is four of the query gains and the four of the key gains at the same place. */
export function headGainGradientWasm(shape: HeadGainGradientShape): WasmKernel<typeof HEAD_GAIN_GRADIENT_BINDINGS> {
  const { heads, keyValueHeads, headDim, headWidth, stride } = shape
  return {
    key: [heads, keyValueHeads, headDim, headWidth, stride].join(),
    cost: 4 * (heads + keyValueHeads) * USUAL_ROWS,
    units: () => i32.const(headWidth / 4),
    emit: ({ f, at, first, end }) => {
      const count = f.local('i32', i32.load(at.rows))
      const place = f.local('i32')
      f.for(first, end, (quad) => {
        const queries = f.local('v128', f32x4.const(0))
        const keys = f.local('v128', f32x4.const(0))
        f.for(0, count, (row) => {
          f.set(place, rowAddress(f, at.contributions, row, stride))
          f.increase(place, i32.shl(quad, 4))
          for (const [sum, number] of [
            [queries, heads],
            [keys, keyValueHeads],
          ] as const) {
            const ofRow = f.local('v128', f32x4.const(0))
            eachHead(f, number, shape, [place], () => f.set(ofRow, f32x4.add(ofRow, v128.load(place))))
            f.set(sum, f32x4.add(sum, ofRow))
          }
        })
        const add = (sum: Local<'v128'>, offset: number) => {
          const output = f.local('i32', i32.add(at.output, i32.shl(quad, 4)))
          const whole = () => f.store('v128', output, f32x4.add(v128.load(output, offset), sum), offset)
          const rest = headDim % 4
          if (rest === 0) return whole()
          // What lies past the query gains is the key gains.
          f.if(i32.ltU(quad, Math.floor(headDim / 4)), whole, () => {
            const total = f.local('v128', sum)
            for (let lane = 0; lane < rest; lane++) {
              const one = f32x4.add(v128.load32Splat(output, offset + 4 * lane), total)
              f.storeLane(output, one, lane, offset + 4 * lane)
            }
          })
        }
        add(queries, 0)
        add(keys, 4 * headDim)
      })
    },
  }
}
