import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import type { MULTIPLY_BINDINGS } from './multiply.reference.ts'

/** A unit is a quad. */
export function multiplyWasm(): WasmKernel<typeof MULTIPLY_BINDINGS> {
  return {
    key: '',
    cost: 4,
    units: ({ at }) => i32.load(at.rows),
    emit({ f, at, first, end }) {
      f.for(
        i32.shl(first, 4),
        i32.shl(end, 4),
        (offset) => {
          const input = f.local('i32', i32.add(at.input, offset))
          const output = f.local('i32', i32.add(at.output, offset))
          f.store('v128', output, f32x4.mul(v128.load(output), v128.load(input)))
        },
        16,
      )
    },
  }
}
