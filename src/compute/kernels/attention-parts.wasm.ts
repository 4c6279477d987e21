import type { FunctionBuilder } from '../wasm/assembler/function-builder.ts'
import { i32 } from '../wasm/assembler/scalars.ts'
import type { Operand, Value } from '../wasm/assembler/values.ts'
import { f32x4, i32x4, shuffle32, v128 } from '../wasm/assembler/vectors.ts'
import { exponential } from '../wasm/exponential.ts'
import type { WasmContext } from '../wasm/wasm-kernel.ts'

/** What the parts of attention are written with. */
export type Writer = Pick<WasmContext<Record<never, never>>, 'f' | 'madd'>

type Vector = Value<'v128'>

/** Quads of a head that are summed up at a time: their sums and a weight fit the registers of x86. */
const HELD_QUADS = 8

/** The place of word `index` of an array of 32-bit words. */
export function word(base: Value<'i32'>, index: Operand<'i32'>): Value<'i32'> {
  return i32.add(base, i32.shl(typeof index === 'number' ? i32.const(index) : index, 2))
}

/** (x + y) + (z + w) in all lanes. */
export function across(f: FunctionBuilder, v: Vector): Vector {
  const whole = f.local('v128', v)
  const pairs = f.local('v128', f32x4.add(whole, shuffle32(whole, whole, [1, 0, 3, 2])))
  return f32x4.add(pairs, shuffle32(pairs, pairs, [2, 3, 0, 1]))
}

/** The largest lane in all lanes. */
export function highest(f: FunctionBuilder, v: Vector): Vector {
  const whole = f.local('v128', v)
  const pairs = f.local('v128', f32x4.pmax(whole, shuffle32(whole, whole, [1, 0, 3, 2])))
  return f32x4.pmax(pairs, shuffle32(pairs, pairs, [2, 3, 0, 1]))
}

/**
 * Dot products of one vector with four others, a lane each. A product's terms are summed by their place in a quad, quad
 * after quad, then (x + y) + (z + w).
 * @param one quad `i` of the one vector
 * @param others quad `i` of vector `lane` of the four
 */
export function dotFour(
  { f, madd }: Writer,
  quads: number,
  one: (i: number) => Vector,
  others: (lane: number, i: number) => Vector,
): Vector {
  const sums = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')] as const
  const quad = f.local('v128')
  for (let i = 0; i < quads; i++) {
    f.set(quad, one(i))
    for (const [lane, sum] of sums.entries()) {
      const other = others(lane, i)
      f.set(sum, i === 0 ? f32x4.mul(quad, other) : madd(quad, other, sum))
    }
  }
  return acrossFour(f, sums)
}

/** (x + y) + (z + w) of four vectors, a lane each. */
function acrossFour(f: FunctionBuilder, [a, b, c, d]: readonly [Vector, Vector, Vector, Vector]): Vector {
  const pairSums = (one: Vector, other: Vector) =>
    f32x4.add(shuffle32(one, other, [0, 2, 4, 6]), shuffle32(one, other, [1, 3, 5, 7]))
  return pairSums(f.local('v128', pairSums(a, b)), f.local('v128', pairSums(c, d)))
}

/** Which of the four places from `first` on lie in from … before, as a mask. */
export function within(
  f: FunctionBuilder,
  first: Value<'i32'>,
  from: Value<'i32'> | null,
  before: Value<'i32'>,
): Vector {
  const places = f.local('v128', i32x4.add(i32x4.splat(first), i32x4.const(0, 1, 2, 3)))
  const low = i32x4.ltS(places, i32x4.splat(before))
  return from === null ? low : v128.and(low, i32x4.geS(places, i32x4.splat(from)))
}

/**
 * The scores in `places` (from, to: bytes, in steps of 16) become e^(score − most).
 * @param most in all lanes
 * @returns their sum, in all lanes
 */
export function scoresToWeights(
  { f, madd }: Writer,
  places: { readonly from: Value<'i32'>; readonly to: Value<'i32'> },
  most: Vector,
): Vector {
  const sum = f.local('v128', f32x4.const(0))
  f.for(
    places.from,
    places.to,
    (at) => {
      const weight = f.local('v128', exponential(f, madd, f32x4.sub(v128.load(at), most)))
      f.store('v128', at, weight)
      f.set(sum, f32x4.add(sum, weight))
    },
    16,
  )
  return across(f, sum)
}

interface Mixture {
  /** Quads of a vector. */
  readonly quads: number
  /** Where the first weight lies, and behind the last; at least one. */
  readonly weights: { readonly from: Value<'i32'>; readonly to: Value<'i32'> }
  /** Where the first weight's vector lies; the next ones follow `stride` bytes apart. */
  readonly vectors: Value<'i32'>
  readonly stride: number
  /** What quad `i` of the sums starts from; zero where it is not given. */
  readonly start?: (i: number) => Vector
  /** Does something with quad `i` of the sums. */
  readonly finish: (i: number, sum: Value<'v128'>) => void
}

/** Σ weight · vector, in the order of the weights. */
export function mix({ f, madd }: Writer, { quads, weights, vectors, stride, start, finish }: Mixture): void {
  const weight = f.local('i32')
  const vector = f.local('i32')
  const splat = f.local('v128')
  const end = f.local('i32', weights.to)
  const sums = Array.from({ length: Math.min(quads, HELD_QUADS) }, () => f.local('v128'))
  for (let first = 0; first < quads; first += HELD_QUADS) {
    const held = sums.slice(0, Math.min(HELD_QUADS, quads - first))
    const add = (place: number) => {
      f.set(splat, v128.load32Splat(weight, 4 * place))
      for (const [i, sum] of held.entries()) {
        f.set(sum, madd(splat, v128.load(vector, place * stride + 16 * (first + i)), sum))
      }
    }
    const step = (places: number) => {
      for (let place = 0; place < places; place++) add(place)
      f.increase(weight, 4 * places)
      f.increase(vector, places * stride)
    }
    f.set(weight, weights.from)
    f.set(vector, vectors)
    for (const [i, sum] of held.entries()) f.set(sum, start?.(first + i) ?? f32x4.const(0))
    f.while(i32.leU(i32.add(weight, 16), end), () => step(4))
    f.while(i32.ltU(weight, end), () => step(1))
    for (const [i, sum] of held.entries()) finish(first + i, sum)
  }
}
