import { f32, f64, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4 } from '../../wasm/assembler/vectors.ts'
import { naturalLog } from '../../wasm/natural-log.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { ROW_TOKEN } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import { largest, softmaxSums } from '../softmax.wasm.ts'
import type { TOKEN_LOGPROBS_BINDINGS, TokenLogprobsShape } from './token-logprobs.reference.ts'
import { STATS_ENTROPY, STATS_HIT, STATS_LOG_SUM, STATS_LOGPROB, STATS_WORDS } from './token-logprobs.reference.ts'

export function tokenLogprobsWasm({
  vocabulary,
  stride,
}: TokenLogprobsShape): WasmKernel<typeof TOKEN_LOGPROBS_BINDINGS> {
  return {
    key: [vocabulary, stride].join(),
    cost: 16 * vocabulary,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      f.for(first, end, (row) => {
        const logits = rowAddress(f, at.logits, row, stride)
        const target = f.local('i32', rowWord(at.rows, row, ROW_TOKEN))
        const most = largest(f, logits, vocabulary)
        const [sum, below] = softmaxSums(f, madd, { floats: logits, count: vocabulary, most }, [
          (weight) => weight,
          (weight, apart) => f32x4.mul(weight, apart),
        ]) as [Local<'f64'>, Local<'f64'>]
        const logSum = f.local('f64', f.call(naturalLog, sum))
        const mostWide = f.local('f64', f64.promoteF32(most))
        const chosen = f.local('f32', f32.load(i32.add(logits, i32.shl(target, 2))))
        const place = rowAddress(f, at.stats, row, STATS_WORDS)
        const put = (word: number, value: Local<'f64'>) => f.store('f32', place, f32.demoteF64(value), 4 * word)
        put(STATS_LOGPROB, f.local('f64', f64.sub(f64.sub(f64.promoteF32(chosen), mostWide), logSum)))
        put(STATS_LOG_SUM, f.local('f64', f64.add(mostWide, logSum)))
        put(STATS_ENTROPY, f.local('f64', f64.sub(logSum, f64.div(below, sum))))
        const hit = f.local('i32', f32.eq(chosen, most))
        // Of equal logits the first is the best.
        const id = f.local('i32', 0)
        f.while(i32.and(hit, i32.ltU(id, target)), () => {
          f.set(hit, f32.ne(f32.load(i32.add(logits, i32.shl(id, 2))), most))
          f.increase(id, 1)
        })
        f.store('f32', place, f32.convertI32U(hit), 4 * STATS_HIT)
      })
    },
  }
}
