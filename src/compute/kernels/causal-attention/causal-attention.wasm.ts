import { i32 } from '../../wasm/assembler/scalars.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential, logarithm } from '../../wasm/exponential.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { dotFour, highest, mix, scoresToWeights, within, word } from '../attention-parts.wasm.ts'
import { ROW_POSITION } from '../rows.ts'
import type { CAUSAL_ATTENTION_BINDINGS, CausalAttentionShape } from './causal-attention.reference.ts'
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

const LEAST_SCORE = -3e38

/**
 * A unit is one head of one row; the rows of a head follow each other, so that its keys and values stay in the caches. A
 * chunk's scores, then its weights, wait in scratch space; the sum of values so far lies in the output.
 */
export function causalAttentionWasm(shape: CausalAttentionShape): WasmKernel<typeof CAUSAL_ATTENTION_BINDINGS> {
  const { heads, headWidth } = shape
  const { head: headBytes, quads, row: rowBytes, attendedRow, keys: toKeys, toValue, group, scale } = byteSizes(shape)
  return {
    key: shapeKey(shape),
    // Some hundred rows before it.
    cost: 100 * 2 * headWidth,
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
        const query = f.local('i32', i32.add(i32.add(at.turned, i32.mul(row, rowBytes)), headAt))
        const ofKey = i32.add(toKeys, i32.mul(i32.divU(head, group), headBytes))
        const key = f.local('i32', i32.add(i32.add(at.turned, i32.mul(start, rowBytes)), ofKey))
        const to = f.local('i32', i32.add(i32.add(at.attended, i32.mul(row, attendedRow)), headAt))
        const most = f.local('v128', f32x4.const(LEAST_SCORE))
        const weight = f.local('v128', f32x4.const(0))
        for (let i = 0; i < quads; i++) f.store('v128', to, f32x4.const(0), 16 * i)
        forChunks(f, seen, (_, rows) => {
          const now = f.local('v128', most)
          const values = f.local('i32', i32.add(key, toValue))
          f.for(
            0,
            rows,
            (p) => {
              const others = fourAddresses(f, key, rowBytes, i32.sub(rows, p))
              const dots = dotFour(
                context,
                quads,
                (i) => v128.load(query, 16 * i),
                (lane, i) => v128.load(others[lane] ?? key, 16 * i),
              )
              const scores = f32x4.mul(dots, f32x4.const(scale))
              const score = f.local('v128', v128.bitselect(scores, f32x4.const(LEAST_SCORE), within(f, p, null, rows)))
              f.store('v128', word(scratch, p), score)
              f.set(now, f32x4.pmax(now, score))
              f.increase(key, 4 * rowBytes)
            },
            4,
          )
          f.set(now, highest(f, now))
          const shrink = f.local('v128', exponential(f, madd, f32x4.sub(most, now)))
          f.set(most, now)
          const weights = { from: scratch, to: word(scratch, rows) }
          f.set(weight, madd(weight, shrink, scoresToWeights(context, weights, most)))
          mix(context, {
            quads,
            weights,
            vectors: values,
            stride: rowBytes,
            start: (i) => f32x4.mul(v128.load(to, 16 * i), shrink),
            finish: (i, sum) => f.store('v128', to, sum, 16 * i),
          })
        })
        for (let i = 0; i < quads; i++) f.store('v128', to, f32x4.div(v128.load(to, 16 * i), weight), 16 * i)
        const number = word(at.logSums, i32.add(i32.mul(row, heads), head))
        f.storeLane(number, f32x4.add(most, logarithm(f, madd, weight)), 0)
      })
    },
  }
}
