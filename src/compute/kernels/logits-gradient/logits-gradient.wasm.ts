import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import type { Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad } from '../quads.wasm.ts'
import { ROW_TOKEN } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import { STATS_ENTROPY, STATS_LOG_SUM, STATS_WORDS } from '../token-logprobs/token-logprobs.reference.ts'
import type { LOGITS_GRADIENT_BINDINGS, LogitsGradientShape } from './logits-gradient.reference.ts'

export function logitsGradientWasm({
  vocabulary,
  stride,
}: LogitsGradientShape): WasmKernel<typeof LOGITS_GRADIENT_BINDINGS> {
  return {
    key: [vocabulary, stride].join(),
    cost: 16 * vocabulary,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      const probability = f.local('v128')
      const logprob = f.local('v128')
      f.for(first, end, (row) => {
        const logits = rowAddress(f, at.logits, row, stride)
        const stats = rowAddress(f, at.stats, row, STATS_WORDS)
        const coefficients = rowAddress(f, at.coefficients, row, 2)
        const logSum = f.local('v128', v128.load32Splat(stats, 4 * STATS_LOG_SUM))
        const entropy = f.local('v128', v128.load32Splat(stats, 4 * STATS_ENTROPY))
        const byLogprob = f.local('v128', v128.load32Splat(coefficients))
        const byEntropy = f.local('v128', v128.load32Splat(coefficients, 4))
        /** Of four tokens: byLogprob · (hit − p) − byEntropy · p · (log p + entropy). */
        const slope = (four: Value<'v128'>, hit: number) => {
          f.set(logprob, f32x4.sub(four, logSum))
          f.set(probability, exponential(f, madd, logprob))
          const towards = f32x4.mul(byLogprob, f32x4.sub(f32x4.const(hit), probability))
          const spread = f32x4.mul(f32x4.mul(byEntropy, probability), f32x4.add(logprob, entropy))
          return f32x4.sub(towards, spread)
        }
        const chosen = f.local('i32', i32.add(logits, i32.shl(rowWord(at.rows, row, ROW_TOKEN), 2)))
        const atChosen = f.local('v128', slope(v128.load32Splat(chosen), 1))
        eachQuad(f, Math.ceil(vocabulary / 4), (bytes) => {
          const place = f.local('i32', i32.add(logits, bytes))
          f.store('v128', place, slope(v128.load(place), 0))
        })
        f.store('f32', chosen, f32x4.extract(atChosen, 0))
        for (let id = vocabulary; id % 4 !== 0; id++) f.store('f32', logits, f32.const(0), 4 * id)
        const filled = Math.ceil(vocabulary / 4)
        for (let quad = filled; quad < stride / 4; quad++) f.store('v128', logits, f32x4.const(0), 16 * quad)
      })
    },
  }
}
