import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad, quadSums } from '../quads.wasm.ts'
import { NO_SLOT, TARGET_ROW, TARGET_SLOT } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import type { RMSNORM_BINDINGS, RmsnormShape } from './rmsnorm.reference.ts'

export function rmsnormWasm({ hidden, stride, epsilon, to }: RmsnormShape): WasmKernel<typeof RMSNORM_BINDINGS> {
  const quads = Math.ceil(hidden / 4)
  return {
    key: [hidden, stride, epsilon, to].join(),
    cost: 3 * hidden,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      const norm = (row: Local<'i32'>, outputRow: Local<'i32'>) => {
        const from = rowAddress(f, at.input, row, stride)
        const into = rowAddress(f, at.output, outputRow, stride)
        const [squares] = quadSums(f, quads, [
          (sum, bytes, offset) => {
            const x = f.local('v128', v128.load(i32.add(from, bytes), offset))
            return madd(x, x, sum)
          },
        ]) as [Local<'f32'>]
        const scale = f.local('v128', f32x4.splat(rootScale(squares, hidden, epsilon)))
        eachQuad(f, quads, (bytes) => {
          const scaled = f32x4.mul(v128.load(i32.add(from, bytes)), scale)
          f.store('v128', i32.add(into, bytes), f32x4.mul(scaled, v128.load(i32.add(at.gain, bytes))))
        })
      }
      f.for(first, end, (item) => {
        if (to === 'row') return norm(item, item)
        const slot = f.local('i32', rowWord(at.rows, item, TARGET_SLOT))
        f.if(i32.ne(slot, NO_SLOT), () => norm(f.local('i32', rowWord(at.rows, item, TARGET_ROW)), slot))
      })
    },
  }
}

/** 1 / √(squares / count + ε). */
export function rootScale(squares: Local<'f32'>, count: number, epsilon: number) {
  return f32.div(1, f32.sqrt(f32.add(f32.div(squares, count), epsilon)))
}
