import { f32, f64, i32, select } from '../../wasm/assembler/scalars.ts'
import { f64x2, shuffle32, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import type { SUM_OF_SQUARES_BINDINGS, SumOfSquaresShape } from './sum-of-squares.reference.ts'

/** Of a partial sum, with large matrices. */
const USUAL_QUADS = 512

/** A unit is one partial sum. Sums are of 64 bits, as in the reference. */
export function sumOfSquaresWasm({ partials }: SumOfSquaresShape): WasmKernel<typeof SUM_OF_SQUARES_BINDINGS> {
  return {
    key: String(partials),
    cost: 8 * USUAL_QUADS,
    units: () => i32.const(partials),
    emit: ({ f, at, first, end }) => {
      const quads = f.local('i32', i32.load(at.rows))
      const span = f.local('i32', i32.divU(i32.add(quads, partials - 1), partials))
      const least = (limit: 'i32', value: ReturnType<typeof i32.mul>) => {
        const local = f.local(limit, value)
        f.set(local, select(i32.ltU(local, quads), local, quads))
        return local
      }
      f.for(first, end, (partial) => {
        const from = least('i32', i32.mul(partial, span))
        const to = least('i32', i32.mul(i32.add(partial, 1), span))
        const [low, high] = [f.local('v128', f64x2.splat(0)), f.local('v128', f64x2.splat(0))]
        f.for(
          i32.add(at.input, i32.shl(from, 4)),
          i32.add(at.input, i32.shl(to, 4)),
          (place) => {
            const four = f.local('v128', v128.load(place))
            const a = f.local('v128', f64x2.promoteLowF32x4(four))
            const b = f.local('v128', f64x2.promoteLowF32x4(shuffle32(four, four, [2, 3, 2, 3])))
            f.set(low, f64x2.add(low, f64x2.mul(a, a)))
            f.set(high, f64x2.add(high, f64x2.mul(b, b)))
          },
          16,
        )
        f.set(low, f64x2.add(low, high))
        const sum = f64.add(f64x2.extract(low, 0), f64x2.extract(low, 1))
        const place = i32.add(at.output, i32.shl(i32.add(i32.load(at.place), partial), 2))
        f.store('f32', place, f32.demoteF64(sum))
      })
    },
  }
}
