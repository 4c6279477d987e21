import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { f32, f64, i32, select } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { exponential } from '../../wasm/exponential.ts'
import { eachQuad } from '../quads.wasm.ts'
import { FLAG_NEVER } from '../sequences.ts'
import type { Draw, SamplerContext } from './draw.wasm.ts'
import type { SamplerShape } from './sampler.reference.ts'

/** A token is kept where its order is above the threshold, or equal to it and its id at most the last one. */
export interface Cut {
  readonly threshold: Local<'i32'>
  readonly last: Local<'i32'>
}

const DIGIT_BITS = 8
const DIGITS = 2 ** DIGIT_BITS
const TABLE_BYTES = 8 * DIGITS
/** Of the mass, so that the best token is always kept. */
const LEAST_SHARE = 1e-30

/** Scratch for a table of float64 by digit, and a weight of each token. */
export function cutBytes(vocabulary: number): number {
  return TABLE_BYTES + 16 * Math.ceil(vocabulary / 4)
}

export function isKept({ threshold, last }: Cut, logit: Local<'f32'>, id: Local<'i32'>): Value<'i32'> {
  const order = orderOf(logit)
  return i32.or(i32.gtU(order, threshold), i32.and(i32.eq(order, threshold), i32.leU(id, last)))
}

/** Floats as integers of the same order. */
function orderOf(value: Local<'f32'>): Value<'i32'> {
  const bits = i32.reinterpretF32(value)
  return i32.xor(bits, i32.or(i32.shrS(bits, 31), 0x80000000))
}

/**
 * What topK and then topP leave. Nothing is sorted: a threshold is found digit by digit, from the top, by how much the tokens of each digit weigh;
 * of tokens at the threshold the lowest ids are kept until there is enough.
 */
export function cutTokens(context: SamplerContext, { vocabulary }: SamplerShape, draw: Draw): Cut {
  const { f } = context
  const cut: Cut = { threshold: f.local('i32', 0), last: f.local('i32', -1) }
  const limited = f.local('i32', i32.or(draw.topK, f32.lt(draw.topP, 1)))
  f.if(i32.and(limited, f32.ne(draw.temperature, 0)), () => {
    f.if(draw.topK, () => {
      narrow(context, vocabulary, draw, cut, () => f64.const(1), f.local('f64', f64.convertI32U(draw.topK)))
    })
    f.if(f32.lt(draw.topP, 1), () => {
      const weights = f.local('i32', i32.add(context.scratch, TABLE_BYTES))
      writeWeights(context, vocabulary, draw, weights)
      const weight = (id: Local<'i32'>) => f64.promoteF32(f32.load(i32.add(weights, i32.shl(id, 2))))
      const mass = f.local('f64', 0)
      eachKept(context, vocabulary, draw, cut, (id) => f.set(mass, f64.add(mass, weight(id))))
      const share = f64.max(f64.promoteF32(draw.topP), LEAST_SHARE)
      narrow(context, vocabulary, draw, cut, weight, f.local('f64', f64.mul(share, mass)))
    })
  })
  return cut
}

/** e^((logit − most) / temperature) of every token, `most` being the largest logit of those that may be drawn. */
function writeWeights(
  { f, at, madd }: SamplerContext,
  vocabulary: number,
  { logits, temperature }: Draw,
  weights: Local<'i32'>,
): void {
  const most = f.local('f32', Number.NEGATIVE_INFINITY)
  f.for(0, vocabulary, (id) => {
    const logit = f.local('f32', f32.load(i32.add(logits, i32.shl(id, 2))))
    const better = i32.and(f32.gt(logit, most), i32.eqz(never(at.flags, id)))
    f.set(most, select(better, logit, most))
  })
  const [base, by] = [f.local('v128', f32x4.splat(most)), f.local('v128', f32x4.splat(temperature))]
  eachQuad(f, Math.ceil(vocabulary / 4), (bytes) => {
    const apart = f32x4.div(f32x4.sub(v128.load(i32.add(logits, bytes)), base), by)
    f.store('v128', i32.add(weights, bytes), exponential(f, madd, apart))
  })
}

/** Narrows a cut to the fewest best tokens whose weights reach `wanted` together; all of them where they do not. */
function narrow(
  context: SamplerContext,
  vocabulary: number,
  draw: Draw,
  cut: Cut,
  weight: (id: Local<'i32'>) => Value<'f64'>,
  wanted: Local<'f64'>,
): void {
  const { f, scratch } = context
  const prefix = f.local('i32', 0)
  /** Weight of the tokens above the prefix. */
  const above = f.local('f64', 0)
  for (let shift = 32 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
    f.zero(scratch, TABLE_BYTES)
    eachKept(context, vocabulary, draw, cut, (id, order) => {
      const add = () => {
        const digit = i32.and(i32.shrU(order, shift), DIGITS - 1)
        const place = f.local('i32', i32.add(scratch, i32.shl(digit, 3)))
        f.store('f64', place, f64.add(f64.load(place), weight(id)))
      }
      if (shift + DIGIT_BITS === 32) add()
      else f.if(i32.eq(i32.shrU(order, shift + DIGIT_BITS), prefix), add)
    })
    f.set(prefix, i32.or(i32.shl(prefix, DIGIT_BITS), reachingDigit(f, scratch, above, wanted)))
  }
  const last = f.local('i32', 0)
  eachKept(context, vocabulary, draw, cut, (id, order) => {
    f.if(i32.and(i32.eq(order, prefix), f64.lt(above, wanted)), () => {
      f.set(above, f64.add(above, weight(id)))
      f.set(last, id)
    })
  })
  f.set(cut.threshold, prefix)
  f.set(cut.last, last)
}

/** The highest digit at which the weights from the top reach `wanted`, or the lowest that has any; `above` becomes what lies above it. */
function reachingDigit(
  f: FunctionBuilder,
  table: Local<'i32'>,
  above: Local<'f64'>,
  wanted: Local<'f64'>,
): Local<'i32'> {
  const found = f.local('i32', 0)
  const total = f.local('f64', above)
  const digit = f.local('i32', DIGITS)
  f.while(i32.and(i32.ne(digit, 0), f64.lt(total, wanted)), () => {
    f.increase(digit, -1)
    const weight = f.local('f64', f64.load(i32.add(table, i32.shl(digit, 3))))
    f.if(f64.gt(weight, 0), () => {
      f.set(found, digit)
      f.set(above, total)
      f.set(total, f64.add(total, weight))
    })
  })
  return found
}

/** Tokens that may be drawn and are in the cut, by id; `order` is that of the logit. */
function eachKept(
  { f, at }: SamplerContext,
  vocabulary: number,
  { logits }: Draw,
  cut: Cut,
  body: (id: Local<'i32'>, order: Local<'i32'>) => void,
): void {
  f.for(0, vocabulary, (id) => {
    const logit = f.local('f32', f32.load(i32.add(logits, i32.shl(id, 2))))
    f.if(i32.and(isKept(cut, logit, id), i32.eqz(never(at.flags, id))), () => {
      body(id, f.local('i32', orderOf(logit)))
    })
  })
}

function never(flags: Local<'i32'>, id: Local<'i32'>): Value<'i32'> {
  return i32.and(i32.load(i32.add(flags, i32.shl(id, 2))), FLAG_NEVER)
}
