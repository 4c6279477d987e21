import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad } from '../quads.wasm.ts'
import { rowAddress, rowUnits } from '../rows.wasm.ts'
import type { SWIGLU_BINDINGS } from './swiglu.reference.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export function swigluWasm({ columns }: SwigluShape): WasmKernel<typeof SWIGLU_BINDINGS> {
  return {
    key: String(columns),
    cost: 12 * columns,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      f.for(first, end, (row) => {
        const input = rowAddress(f, at.input, row, columns)
        const output = rowAddress(f, at.output, row, columns / 2)
        eachQuad(f, columns / 8, (bytes) => {
          const from = f.local('i32', i32.add(input, i32.shl(bytes, 1)))
          const gate = f.local('v128', v128.load(from))
          const open = f32x4.add(f32x4.const(1), exponential(f, madd, f32x4.neg(gate)))
          f.store('v128', i32.add(output, bytes), f32x4.mul(f32x4.div(gate, open), v128.load(from, 16)))
        })
      })
    },
  }
}
