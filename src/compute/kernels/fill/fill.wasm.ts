import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachFlatQuad } from '../quads.wasm.ts'
import { rowUnits } from '../rows.wasm.ts'
import type { FILL_BINDINGS, FillShape } from './fill.reference.ts'

export function fillWasm({ value }: FillShape): WasmKernel<typeof FILL_BINDINGS> {
  return {
    key: String(value),
    cost: 4,
    units: rowUnits,
    emit: (context) => {
      const { f, at } = context
      eachFlatQuad(context, (bytes) => f.store('v128', i32.add(at.output, bytes), f32x4.const(value)))
    },
  }
}
