import { f32, f64, i32, select } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { naturalLog } from '../../wasm/natural-log.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { TARGET_ROW, TARGET_TABLE } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import {
  FLAG_ENDS,
  RESULT_WORDS,
  SEQUENCE_DONE,
  SEQUENCE_MAX_TOKENS,
  SEQUENCE_NEXT_POSITION,
  SEQUENCE_NODE,
  SEQUENCE_SAMPLE,
  SEQUENCE_SAMPLED,
  SEQUENCE_SEED,
  SEQUENCE_TEMPERATURE,
  SEQUENCE_TOKEN,
  SEQUENCE_TOP_K,
  SEQUENCE_TOP_P,
  SEQUENCE_WORDS,
  STATE_WORDS,
} from '../sequences.ts'
import { largest, softmaxSums } from '../softmax.wasm.ts'
import { cutBytes, cutTokens } from './cut-tokens.wasm.ts'
import type { Draw, SamplerContext } from './draw.wasm.ts'
import { drawToken } from './draw-token.wasm.ts'
import type { SAMPLER_BINDINGS, SamplerShape } from './sampler.reference.ts'

export function samplerWasm(shape: SamplerShape): WasmKernel<typeof SAMPLER_BINDINGS> {
  const { vocabulary, logitsStride, steps } = shape
  return {
    key: [vocabulary, logitsStride, steps].join(),
    cost: 16 * vocabulary,
    scratchBytes: cutBytes(vocabulary),
    units: rowUnits,
    emit: (context) => {
      const { f, at, first, end } = context
      f.for(first, end, (target) => {
        const number = f.local('i32', rowWord(at.rows, target, TARGET_TABLE))
        const sequence = rowAddress(f, at.sequences, number, SEQUENCE_WORDS)
        const state = rowAddress(f, at.states, number, STATE_WORDS)
        const logits = rowAddress(f, at.logits, rowWord(at.rows, target, TARGET_ROW), logitsStride)
        const position = f.local('i32', i32.load(state, 4 * SEQUENCE_NEXT_POSITION))
        const token = drawn(context, shape, sequence, position, logits)
        const logprob = logprobOf(context, shape, logits, token)

        const sampled = f.local('i32', i32.load(state, 4 * SEQUENCE_SAMPLED))
        const place = f.local('i32', i32.add(i32.mul(number, steps), i32.remU(sampled, steps)))
        f.set(place, i32.add(at.results, i32.mul(place, 4 * RESULT_WORDS)))
        f.store('i32', place, token)
        f.store('f32', place, logprob, 4)
        f.increase(sampled, 1)
        const ends = i32.and(i32.load(i32.add(at.flags, i32.shl(token, 2))), FLAG_ENDS)
        const isLast = i32.geU(sampled, i32.load(sequence, 4 * SEQUENCE_MAX_TOKENS))
        f.store('i32', state, sampled, 4 * SEQUENCE_SAMPLED)
        f.store('i32', state, select(i32.or(ends, isLast), i32.const(1), i32.const(0)), 4 * SEQUENCE_DONE)
        f.store('i32', state, token, 4 * SEQUENCE_TOKEN)
        f.store('i32', state, i32.add(position, 1), 4 * SEQUENCE_NEXT_POSITION)
      })
    },
  }
}

function drawn(
  context: SamplerContext,
  shape: SamplerShape,
  sequence: Local<'i32'>,
  position: Local<'i32'>,
  logits: Local<'i32'>,
): Local<'i32'> {
  const { f } = context
  const word = (number: number) => f.local('i32', i32.load(sequence, 4 * number))
  const draw: Draw = {
    logits,
    temperature: f.local('f32', f32.load(sequence, 4 * SEQUENCE_TEMPERATURE)),
    topK: word(SEQUENCE_TOP_K),
    topP: f.local('f32', f32.load(sequence, 4 * SEQUENCE_TOP_P)),
    seed: word(SEQUENCE_SEED),
    node: word(SEQUENCE_NODE),
    counter: f.local('i32', i32.or(i32.shl(word(SEQUENCE_SAMPLE), 16), position)),
  }
  f.set(draw.topK, select(i32.ltU(draw.topK, shape.vocabulary), draw.topK, i32.const(0)))
  return drawToken(context, shape, draw, cutTokens(context, shape, draw))
}

/** Log-probability of a token under the full softmax. */
function logprobOf(
  { f, madd }: SamplerContext,
  { vocabulary }: SamplerShape,
  logits: Local<'i32'>,
  token: Local<'i32'>,
) {
  const most = largest(f, logits, vocabulary)
  const [sum] = softmaxSums(f, madd, { floats: logits, count: vocabulary, most }, [(weight) => weight]) as [
    Local<'f64'>,
  ]
  const logSum = f64.add(f64.promoteF32(most), f.call(naturalLog, sum))
  return f32.demoteF64(f64.sub(f64.promoteF32(f32.load(i32.add(logits, i32.shl(token, 2)))), logSum))
}
