import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad } from '../quads.wasm.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import type { EMBEDDING_GRADIENT_BINDINGS, EmbeddingGradientShape } from './embedding-gradient.reference.ts'

/** A unit is a token, with all its rows in their order. */
export function embeddingGradientWasm(shape: EmbeddingGradientShape): WasmKernel<typeof EMBEDDING_GRADIENT_BINDINGS> {
  const { hidden, stride, first: firstToken, end: endToken, columns } = shape
  return {
    key: [hidden, stride, firstToken, endToken, columns].join(),
    cost: 16 * hidden,
    units: rowUnits,
    emit: ({ f, at, first, end }) => {
      f.for(first, end, (segment) => {
        const token = f.local('i32', i32.sub(rowWord(at.rows, segment, 0), firstToken))
        // Of smaller ids the difference is a large number.
        f.if(i32.ltU(token, endToken - firstToken), () => {
          const from = f.local('i32', i32.add(at.order, i32.shl(rowWord(at.rows, segment, 1), 2)))
          const to = f.local('i32', i32.add(at.order, i32.shl(rowWord(at.rows, segment, 2), 2)))
          const place = f.local('i32', i32.add(at.output, i32.shl(token, 2)))
          eachQuad(f, hidden / 4, (bytes) => {
            const sum = f.local('v128', f32x4.const(0))
            const column = f.local('i32', i32.add(at.gradient, bytes))
            f.for(
              from,
              to,
              (order) => {
                f.set(sum, f32x4.add(sum, v128.load(rowAddress(f, column, i32.load(order), stride))))
              },
              4,
            )
            for (let lane = 0; lane < 4; lane++) {
              f.store('f32', place, f32.add(f32.load(place), f32x4.extract(sum, lane)))
              f.increase(place, 4 * columns)
            }
          })
        })
      })
    },
  }
}
