import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad } from '../quads.wasm.ts'
import { rowAddress, rowUnits } from '../rows.wasm.ts'
import type { SWIGLU_BACKWARD_BINDINGS } from './swiglu-backward.reference.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export function swigluBackwardWasm({ columns }: SwigluShape): WasmKernel<typeof SWIGLU_BACKWARD_BINDINGS> {
  return {
    key: String(columns),
    cost: 16 * columns,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      const one = f.local('v128', f32x4.const(1))
      f.for(first, end, (row) => {
        const input = rowAddress(f, at.input, row, columns)
        const gradient = rowAddress(f, at.gradient, row, columns / 2)
        const output = rowAddress(f, at.output, row, columns)
        eachQuad(f, columns / 8, (bytes) => {
          const twice = f.local('i32', i32.shl(bytes, 1))
          const from = f.local('i32', i32.add(input, twice))
          const gate = f.local('v128', v128.load(from))
          const open = f.local('v128', f32x4.div(one, f32x4.add(one, exponential(f, madd, f32x4.neg(gate)))))
          const given = f.local('v128', v128.load(i32.add(gradient, bytes)))
          const slope = f32x4.mul(open, madd(gate, f32x4.sub(one, open), one))
          const place = f.local('i32', i32.add(output, twice))
          f.store('v128', place, f32x4.mul(f32x4.mul(given, v128.load(from, 16)), slope))
          f.store('v128', place, f32x4.mul(given, f32x4.mul(gate, open)), 16)
        })
      })
    },
  }
}
