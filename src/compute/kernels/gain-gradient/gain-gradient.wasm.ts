import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { columnSums, columnUnits } from '../column-sums/column-sums.wasm.ts'
import { NO_SLOT, ROW_SLOT } from '../rows.ts'
import { rowAddress, rowWord } from '../rows.wasm.ts'
import type { GAIN_GRADIENT_BINDINGS, GainGradientShape } from './gain-gradient.reference.ts'

export function gainGradientWasm(shape: GainGradientShape): WasmKernel<typeof GAIN_GRADIENT_BINDINGS> {
  const { hidden, stride, from } = shape
  const quads = Math.ceil(hidden / 4)
  return {
    key: [hidden, stride, from].join(),
    ...columnUnits(quads),
    emit: (context) => {
      const { f, at, madd } = context
      columnSums(context, quads, at.output, (row, add) => {
        const scale = f.local('v128', v128.load32Splat(i32.add(at.scales, i32.shl(row, 2))))
        const withGradient = (gradientRow: Local<'i32'>) => {
          const input = rowAddress(f, at.input, row, stride)
          const gradient = rowAddress(f, at.gradient, gradientRow, stride)
          add((sum, bytes, offset) => {
            const scaled = f32x4.mul(v128.load(i32.add(gradient, bytes), offset), scale)
            return madd(scaled, v128.load(i32.add(input, bytes), offset), sum)
          })
        }
        if (from === 'row') return withGradient(row)
        const slot = f.local('i32', rowWord(at.rows, row, ROW_SLOT))
        f.if(i32.ne(slot, NO_SLOT), () => withGradient(slot))
      })
    },
  }
}
