import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { dotFour, mix, word } from '../attention-parts.wasm.ts'
import { ROW_TABLE } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import type { CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS } from './causal-attention-backward-keys.reference.ts'
import { byteSizes, CHUNK_BYTES, forChunks, fourAddresses, rowWord, shapeKey, unitHead } from './row-chunks.wasm.ts'

/**
 * A unit is one key-value head of one row; its sums go through one query head of the group after the other, and for each
 * through the rows that see it. A chunk's weights and gradients of scores wait in scratch space, the sums in the output.
 */
export function causalAttentionBackwardKeysWasm(
  shape: CausalAttentionShape,
): WasmKernel<typeof CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS> {
  const { keyValueHeads, headWidth, window } = shape
  const sizes = byteSizes(shape)
  const { head: headBytes, quads, row: rowBytes, attendedRow, keys: toKeys, toValue, numbers, group, scale } = sizes
  return {
    key: shapeKey(shape),
    // Some hundred rows after it.
    cost: 100 * group * 4 * headWidth,
    scratchBytes: 2 * CHUNK_BYTES,
    units: ({ at }) => i32.mul(i32.load(at.rows), keyValueHeads),
    emit: (context) => {
      const { f, madd, at, first, end, scratch } = context
      const count = f.local('i32', i32.load(at.rows))
      const weights = scratch
      const byScores = f.local('i32', i32.add(scratch, CHUNK_BYTES))
      f.for(first, end, (unit) => {
        const { head: keyHead, row } = unitHead(f, unit, count)
        // From the row itself to the last row of its sequence, or of the window.
        const seeing = f.local('i32', i32.sub(i32.add(rowWord(at.rows, row, ROW_TABLE), 1), row))
        if (window !== null) f.set(seeing, i32.minU(seeing, i32.const(window)))
        const ofKey = i32.add(toKeys, i32.mul(keyHead, headBytes))
        const ofRow = f.local('i32', i32.add(i32.mul(row, rowBytes), ofKey))
        const key = f.local('i32', i32.add(at.turned, ofRow))
        const to = f.local('i32', i32.add(at.output, ofRow))
        for (let i = 0; i < quads; i++) {
          f.store('v128', to, f32x4.const(0), 16 * i)
          f.store('v128', to, f32x4.const(0), toValue + 16 * i)
        }
        const firstHead = f.local('i32', i32.mul(keyHead, group))
        f.for(firstHead, i32.add(firstHead, group), (head) => {
          const headAt = f.local('i32', i32.mul(head, headBytes))
          const query = f.local('i32', i32.add(i32.add(at.turned, i32.mul(row, rowBytes)), headAt))
          const gradient = f.local('i32', i32.add(i32.add(at.gradient, i32.mul(row, attendedRow)), headAt))
          const number = i32.add(i32.mul(row, numbers), i32.shl(head, 2))
          const logSum = f.local('i32', i32.add(at.logSums, number))
          const delta = f.local('i32', i32.add(at.deltas, number))
          forChunks(f, seeing, (_, rows) => {
            const queries = f.local('i32', query)
            const gradients = f.local('i32', gradient)
            f.for(
              0,
              rows,
              (p) => {
                const there = f.local('i32', i32.sub(rows, p))
                const dots = (own: number, from: Local<'i32'>, stride: number) => {
                  const others = fourAddresses(f, from, stride, there)
                  return dotFour(
                    context,
                    quads,
                    (i) => v128.load(key, own + 16 * i),
                    (lane, i) => v128.load(others[lane] ?? from, 16 * i),
                  )
                }
                const four = (from: Local<'i32'>) => {
                  const others = fourAddresses(f, from, numbers, there)
                  const [place = from, ...rest] = others
                  const start: Value<'v128'> = v128.load32Splat(place)
                  return rest.reduce((v, other, lane) => v128.load32Lane(other, v, lane + 1), start)
                }
                const score = f.local('v128', f32x4.mul(dots(0, query, rowBytes), f32x4.const(scale)))
                const weight = f.local('v128', exponential(f, madd, f32x4.sub(score, four(logSum))))
                f.store('v128', word(weights, p), weight)
                const byWeight = f.local('v128', dots(toValue, gradient, attendedRow))
                const byScore = f32x4.mul(f32x4.mul(weight, f32x4.sub(byWeight, four(delta))), f32x4.const(scale))
                f.store('v128', word(byScores, p), byScore)
                f.increase(query, 4 * rowBytes)
                f.increase(gradient, 4 * attendedRow)
                f.increase(logSum, 4 * numbers)
                f.increase(delta, 4 * numbers)
              },
              4,
            )
            const add = (places: Value<'i32'>, vectors: Local<'i32'>, stride: number, offset: number) =>
              mix(context, {
                quads,
                weights: { from: places, to: word(places, rows) },
                vectors,
                stride,
                start: (i) => v128.load(to, offset + 16 * i),
                finish: (i, sum) => f.store('v128', to, sum, offset + 16 * i),
              })
            add(byScores, queries, rowBytes, 0)
            add(weights, gradients, attendedRow, toValue)
          })
        })
      })
    },
  }
}
