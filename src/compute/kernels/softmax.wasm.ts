import type { FunctionBuilder } from '../wasm/assembler/function-builder.ts'
import { f32, f64, i32 } from '../wasm/assembler/scalars.ts'
import type { Local, Value } from '../wasm/assembler/values.ts'
import { f32x4, f64x2, shuffle32, v128 } from '../wasm/assembler/vectors.ts'
import { exponential } from '../wasm/exponential.ts'
import type { MultiplyAdd } from '../wasm/wasm-kernel.ts'
import { eachQuad } from './quads.wasm.ts'

/** The largest of `count` floats. */
export function largest(f: FunctionBuilder, floats: Local<'i32'>, count: number): Local<'f32'> {
  const quads = Math.floor(count / 4)
  const most = f.local('f32', f32.load(floats))
  if (quads > 0) {
    const four = f.local('v128', v128.load(floats))
    eachQuad(f, quads, (bytes) => f.set(four, f32x4.max(four, v128.load(i32.add(floats, bytes)))))
    f.set(four, f32x4.max(four, shuffle32(four, four, [2, 3, 0, 1])))
    f.set(most, f32.max(f32x4.extract(four, 0), f32x4.extract(four, 1)))
  }
  for (let id = 4 * quads; id < count; id++) f.set(most, f32.max(most, f32.load(floats, 4 * id)))
  return most
}

/** A term of a sum over a softmax's weights e^(x − most), of four numbers x − most. */
type SoftmaxTerm = (weight: Local<'v128'>, apart: Local<'v128'>) => Value<'v128'>

/**
 * Sums of `terms` over `count` floats. Terms are of 32 bits, sums of 64. What lies past the floats up to a multiple of 4 is read and does
 * not count.
 */
export function softmaxSums(
  f: FunctionBuilder,
  madd: MultiplyAdd,
  { floats, count, most }: { readonly floats: Local<'i32'>; readonly count: number; readonly most: Local<'f32'> },
  terms: readonly SoftmaxTerm[],
): Local<'f64'>[] {
  const base = f.local('v128', f32x4.splat(most))
  const apart = f.local('v128')
  const weight = f.local('v128')
  const four = f.local('v128')
  const pairs = terms.map(() => f.local('v128', f64x2.splat(0)))
  const load = (x: Value<'v128'>) => {
    f.set(apart, f32x4.sub(x, base))
    f.set(weight, exponential(f, madd, apart))
  }
  const quads = Math.floor(count / 4)
  eachQuad(f, quads, (bytes) => {
    load(v128.load(i32.add(floats, bytes)))
    pairs.forEach((pair, index) => {
      f.set(four, (terms[index] as SoftmaxTerm)(weight, apart))
      f.set(pair, f64x2.add(pair, f64x2.promoteLowF32x4(four)))
      f.set(pair, f64x2.add(pair, f64x2.promoteLowF32x4(shuffle32(four, four, [2, 3, 2, 3]))))
    })
  })
  const sums = pairs.map((pair) => f.local('f64', f64.add(f64x2.extract(pair, 0), f64x2.extract(pair, 1))))
  const rest = count % 4
  if (rest > 0) load(v128.load(floats, 16 * quads))
  sums.forEach((sum, index) => {
    if (rest > 0) f.set(four, (terms[index] as SoftmaxTerm)(weight, apart))
    for (let lane = 0; lane < rest; lane++) f.set(sum, f64.add(sum, f64.promoteF32(f32x4.extract(four, lane))))
  })
  return sums
}
