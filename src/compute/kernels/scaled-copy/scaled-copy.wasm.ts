import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachFlatQuad } from '../quads.wasm.ts'
import { rowUnits } from '../rows.wasm.ts'
import type { SCALED_COPY_BINDINGS } from './scaled-copy.reference.ts'

export function scaledCopyWasm(): WasmKernel<typeof SCALED_COPY_BINDINGS> {
  return {
    key: '',
    cost: 4,
    units: rowUnits,
    emit: (context) => {
      const { f, at } = context
      const scale = f.local('v128', v128.load32Splat(at.factor))
      eachFlatQuad(context, (bytes) => {
        f.store('v128', i32.add(at.output, bytes), f32x4.mul(scale, v128.load(i32.add(at.input, bytes))))
      })
    },
  }
}
