import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { f32, f64, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { naturalLog } from '../../wasm/natural-log.ts'
import { eachQuad } from '../quads.wasm.ts'
import { FLAG_NEVER } from '../sequences.ts'
import type { Cut } from './cut-tokens.wasm.ts'
import { isKept } from './cut-tokens.wasm.ts'
import type { Draw, SamplerContext } from './draw.wasm.ts'
import type { SamplerShape } from './sampler.reference.ts'

/** No noise is as large: the largest of its 2^23 values is 16.64. */
const MOST_NOISE = 16.7
/** More than what rounding to 32 bits does to a bar. */
const BAR_MARGIN = 1e-6

/**
 * The token with the largest logit / temperature + noise of those that the cut leaves, in float64 like the reference. Only tokens whose
 * logit could still make them the best one get their noise worked out.
 */
export function drawToken({ f, at }: SamplerContext, { vocabulary }: SamplerShape, draw: Draw, cut: Cut): Local<'i32'> {
  const token = f.local('i32', 0)
  const most = f.local('f64', Number.NEGATIVE_INFINITY)
  const value = f.local('f64')
  const temperature = f.local('f64', f64.promoteF32(draw.temperature))
  const greedy = f.local('i32', f64.eq(temperature, 0))
  /** A logit that is not above it cannot win. */
  const bar = f.local('f32', Number.NEGATIVE_INFINITY)
  const logit = f.local('f32')
  const id = f.local('i32')
  const words = [0, 1, 2, 3].map(() => f.local('i32'))

  eachQuad(f, Math.ceil(vocabulary / 4), (bytes) => {
    const four = f.local('v128', v128.load(i32.add(draw.logits, bytes)))
    f.if(v128.anyTrue(f32x4.gt(four, f32x4.splat(bar))), () => {
      f.if(i32.eqz(greedy), () => hash(f, words, [draw.seed, draw.node, draw.counter, i32.shrU(bytes, 4)]))
      words.forEach((word, lane) => {
        f.set(logit, f32x4.extract(four, lane))
        f.set(id, i32.add(i32.shrU(bytes, 2), lane))
        const inside = i32.and(f32.gt(logit, bar), i32.ltU(id, vocabulary))
        f.if(inside, () => {
          const never = i32.and(i32.load(i32.add(at.flags, i32.shl(id, 2))), FLAG_NEVER)
          f.if(i32.and(i32.eqz(never), isKept(cut, logit, id)), () => {
            f.set(value, f64.promoteF32(logit))
            f.if(i32.eqz(greedy), () => f.set(value, f64.sub(f64.div(value, temperature), doubleLog(f, word))))
            f.if(f64.gt(value, most), () => {
              f.set(most, value)
              f.set(token, id)
              f.if(
                greedy,
                () => f.set(bar, logit),
                () => f.set(bar, barFor(f, most, temperature)),
              )
            })
          })
        })
      })
    })
  })
  return token
}

/** log(−log u) of the number u that a word stands for. */
function doubleLog(f: FunctionBuilder, word: Local<'i32'>): Value<'f64'> {
  const unit = f64.div(f64.add(f64.convertI32U(i32.shrU(word, 9)), 0.5), 8388608)
  return f.call(naturalLog, f64.neg(f.call(naturalLog, unit)))
}

function barFor(f: FunctionBuilder, most: Local<'f64'>, temperature: Local<'f64'>): Value<'f32'> {
  const bar = f.local('f64', f64.mul(f64.sub(most, MOST_NOISE), temperature))
  return f32.demoteF64(f64.sub(bar, f64.mul(f64.abs(bar), BAR_MARGIN)))
}

/** `pcg4d` of core/random.ts. */
function hash(f: FunctionBuilder, words: readonly Local<'i32'>[], key: readonly Value<'i32'>[]): void {
  const [x, y, z, w] = words as [Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>]
  words.forEach((word, index) => {
    f.set(word, i32.add(i32.mul(key[index] as Value<'i32'>, 1664525), 1013904223))
  })
  const mix = () => {
    f.increase(x, i32.mul(y, w))
    f.increase(y, i32.mul(z, x))
    f.increase(z, i32.mul(x, y))
    f.increase(w, i32.mul(y, z))
  }
  mix()
  for (const word of words) f.set(word, i32.xor(word, i32.shrU(word, 16)))
  mix()
}
