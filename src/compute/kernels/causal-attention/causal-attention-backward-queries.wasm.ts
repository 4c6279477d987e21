import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { across, dotFour, mix, word } from '../attention-parts.wasm.ts'
import { ROW_POSITION } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import type { CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS } from './causal-attention-backward-queries.reference.ts'
import {
  byteSizes,
  CHUNK_BYTES,
  forChunks,
  fourAddresses,
  rowsBefore,
  rowWord,
  shapeKey,
  unitHead,
} from './row-chunks.wasm.ts'

/** A unit is one head of one row. The gradients of a chunk's scores wait in scratch space, the sum of keys in the output. */
export function causalAttentionBackwardQueriesWasm(
  shape: CausalAttentionShape,
): WasmKernel<typeof CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS> {
  const { heads, headWidth } = shape
  const { head: headBytes, quads, row: rowBytes, attendedRow, keys: toKeys, toValue, group, scale } = byteSizes(shape)
  return {
    key: shapeKey(shape),
    // Some hundred rows before it.
    cost: 100 * 3 * headWidth,
    scratchBytes: CHUNK_BYTES,
    units: ({ at }) => i32.mul(i32.load(at.rows), heads),
    emit: (context) => {
      const { f, madd, at, first, end, scratch } = context
      const count = f.local('i32', i32.load(at.rows))
      f.for(first, end, (unit) => {
        const { head, row } = unitHead(f, unit, count)
        const seen = f.local('i32', i32.add(rowsBefore(f, shape, rowWord(at.rows, row, ROW_POSITION)), 1))
        const start = f.local('i32', i32.sub(i32.add(row, 1), seen))
        const headAt = f.local('i32', i32.mul(head, headBytes))
        const ofRow = f.local('i32', i32.add(i32.mul(row, rowBytes), headAt))
        const ofAttended = f.local('i32', i32.add(i32.mul(row, attendedRow), headAt))
        const query = f.local('i32', i32.add(at.turned, ofRow))
        const to = f.local('i32', i32.add(at.output, ofRow))
        const gradient = f.local('i32', i32.add(at.gradient, ofAttended))
        const attended = f.local('i32', i32.add(at.attended, ofAttended))
        const ofKey = i32.add(toKeys, i32.mul(i32.divU(head, group), headBytes))
        const key = f.local('i32', i32.add(i32.add(at.turned, i32.mul(start, rowBytes)), ofKey))
        const number = f.local('i32', i32.shl(i32.add(i32.mul(row, heads), head), 2))
        const logSum = f.local('v128', v128.load32Splat(i32.add(at.logSums, number)))

        const products = f.local('v128', f32x4.const(0))
        for (let i = 0; i < quads; i++) {
          f.set(products, madd(v128.load(gradient, 16 * i), v128.load(attended, 16 * i), products))
          f.store('v128', to, f32x4.const(0), 16 * i)
        }
        const delta = f.local('v128', across(f, products))
        f.storeLane(i32.add(at.deltas, number), delta, 0)

        forChunks(f, seen, (_, rows) => {
          const keys = f.local('i32', key)
          f.for(
            0,
            rows,
            (p) => {
              const others = fourAddresses(f, key, rowBytes, i32.sub(rows, p))
              const dots = (one: typeof query, offset: number) =>
                dotFour(
                  context,
                  quads,
                  (i) => v128.load(one, 16 * i),
                  (lane, i) => v128.load(others[lane] ?? key, offset + 16 * i),
                )
              const score = f.local('v128', f32x4.mul(dots(query, 0), f32x4.const(scale)))
              const weight = f.local('v128', exponential(f, madd, f32x4.sub(score, logSum)))
              const byWeight = f32x4.sub(dots(gradient, toValue), delta)
              const byScore = f32x4.mul(f32x4.mul(weight, byWeight), f32x4.const(scale))
              f.store('v128', word(scratch, p), byScore)
              f.increase(key, 4 * rowBytes)
            },
            4,
          )
          mix(context, {
            quads,
            weights: { from: scratch, to: word(scratch, rows) },
            vectors: keys,
            stride: rowBytes,
            start: (i) => v128.load(to, 16 * i),
            finish: (i, sum) => f.store('v128', to, sum, 16 * i),
          })
        })
      })
    },
  }
}
