import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad, quadSums } from '../quads.wasm.ts'
import { rootScale } from '../rmsnorm/rmsnorm.wasm.ts'
import { NO_SLOT, ROW_SLOT } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import type { RMSNORM_BACKWARD_BINDINGS, RmsnormBackwardShape } from './rmsnorm-backward.reference.ts'

export function rmsnormBackwardWasm(shape: RmsnormBackwardShape): WasmKernel<typeof RMSNORM_BACKWARD_BINDINGS> {
  const { hidden, stride, epsilon, from, epilogue } = shape
  const quads = Math.ceil(hidden / 4)
  return {
    key: [hidden, stride, epsilon, from, epilogue].join(),
    cost: 6 * hidden,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      f.for(first, end, (row) => {
        const input = rowAddress(f, at.input, row, stride)
        const output = rowAddress(f, at.output, row, stride)
        const x = (bytes: Local<'i32'>, offset = 0) => v128.load(i32.add(input, bytes), offset)
        const square = (sum: Local<'v128'>, bytes: Local<'i32'>, offset: number) => {
          const value = f.local('v128', x(bytes, offset))
          return madd(value, value, sum)
        }
        const finish = (squares: Local<'f32'>): Local<'f32'> => {
          const scale = f.local('f32', rootScale(squares, hidden, epsilon))
          f.store('f32', i32.add(at.scales, i32.shl(row, 2)), scale)
          return scale
        }
        const withGradient = (gradientRow: Local<'i32'>) => {
          const gradient = rowAddress(f, at.gradient, gradientRow, stride)
          const direct = (bytes: Local<'i32'>, offset = 0) =>
            f32x4.mul(v128.load(i32.add(at.gain, bytes), offset), v128.load(i32.add(gradient, bytes), offset))
          const [squares, product] = quadSums(f, quads, [
            square,
            (sum, bytes, offset) => madd(x(bytes, offset), direct(bytes, offset), sum),
          ]) as [Local<'f32'>, Local<'f32'>]
          const one = finish(squares)
          const scale = f.local('v128', f32x4.splat(one))
          const along = f.local('v128', f32x4.splat(f32.div(f32.mul(product, one), hidden)))
          eachQuad(f, quads, (bytes) => {
            const normed = f32x4.mul(x(bytes), scale)
            const value = f32x4.mul(scale, f32x4.sub(direct(bytes), f32x4.mul(normed, along)))
            const place = f.local('i32', i32.add(output, bytes))
            f.store('v128', place, epilogue === 'add' ? f32x4.add(v128.load(place), value) : value)
          })
        }
        if (from === 'row') return withGradient(row)
        const slot = f.local('i32', rowWord(at.rows, row, ROW_SLOT))
        f.if(
          i32.ne(slot, NO_SLOT),
          () => withGradient(slot),
          () => {
            finish(...(quadSums(f, quads, [square]) as [Local<'f32'>]))
            if (epilogue === 'store') f.zero(output, 16 * quads)
          },
        )
      })
    },
  }
}
