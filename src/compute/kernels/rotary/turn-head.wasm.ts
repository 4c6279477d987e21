import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, shuffle32, v128 } from '../../wasm/assembler/vectors.ts'
import type { MultiplyAdd } from '../../wasm/wasm-kernel.ts'
import { eachQuad, quadSums } from '../quads.wasm.ts'
import { rootScale } from '../rmsnorm/rmsnorm.wasm.ts'

interface HeadShape {
  readonly headDim: number
  readonly norm: { readonly epsilon: number } | null
}

interface HeadPlaces {
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
  /** (cosine, sine) of the position's angles. */
  readonly angles: Local<'i32'>
  /** Gains of the head's norm. */
  readonly gains: Value<'i32'>
}

/** Norms a head where the shape has a norm, turns it, and writes it; what lies past the head's dimension is left alone. */
export function turnHead(
  f: FunctionBuilder,
  madd: MultiplyAdd,
  { headDim, norm }: HeadShape,
  { from, to, angles, gains }: HeadPlaces,
): void {
  const scale = norm === null ? null : headScale(f, madd, from, { headDim, epsilon: norm.epsilon })
  const [scales, gain] = scale === null ? [] : [f.local('v128', f32x4.splat(scale)), f.local('i32', gains)]
  eachPair(
    f,
    headDim,
    (bytes, second) => {
      const read = (offset: number) => {
        const x = v128.load(i32.add(from, bytes), offset)
        if (scales === undefined || gain === undefined) return f.local('v128', x)
        return f.local('v128', f32x4.mul(x, f32x4.mul(scales, v128.load(i32.add(gain, bytes), offset))))
      }
      const [a, b] = [read(0), read(second)]
      const { cosine, sine } = anglesAt(f, angles, bytes)
      const place = f.local('i32', i32.add(to, bytes))
      f.store('v128', place, f32x4.sub(f32x4.mul(a, cosine), f32x4.mul(b, sine)))
      f.store('v128', place, f32x4.add(f32x4.mul(b, cosine), f32x4.mul(a, sine)), second)
    },
    (offset, second) => {
      const read = (at: number) => {
        const x = f32.load(from, at)
        return f.local('f32', scale === null || gain === undefined ? x : f32.mul(x, f32.mul(scale, f32.load(gain, at))))
      }
      const [a, b] = [read(offset), read(second)]
      const [cosine, sine] = [f32.load(angles, 2 * offset), f32.load(angles, 2 * offset + 4)]
      f.store('f32', to, f32.sub(f32.mul(a, cosine), f32.mul(b, sine)), offset)
      f.store('f32', to, f32.add(f32.mul(b, cosine), f32.mul(a, sine)), second)
    },
  )
}

/** 1 / √(mean x² + ε) of a head, whose padding may hold anything. */
export function headScale(
  f: FunctionBuilder,
  madd: MultiplyAdd,
  from: Local<'i32'>,
  { headDim, epsilon }: { readonly headDim: number; readonly epsilon: number },
): Local<'f32'> {
  const quads = Math.floor(headDim / 4)
  const [squares] = quadSums(f, quads, [
    (sum, bytes, offset) => {
      const x = f.local('v128', v128.load(i32.add(from, bytes), offset))
      return madd(x, x, sum)
    },
  ]) as [Local<'f32'>]
  for (let d = 4 * quads; d < headDim; d++) {
    const x = f.local('f32', f32.load(from, 4 * d))
    f.set(squares, f32.add(squares, f32.mul(x, x)))
  }
  return f.local('f32', rootScale(squares, headDim, epsilon))
}

/**
 * Goes through the pairs that are turned against each other. `four` does four of them, `bytes` from the head's start, their others
 * `second` bytes on; `one` those that are left, at two offsets from the head's start.
 */
export function eachPair(
  f: FunctionBuilder,
  headDim: number,
  four: (bytes: Local<'i32'>, second: number) => void,
  one: (offset: number, second: number) => void,
): void {
  const half = headDim / 2
  const quads = Math.floor(half / 4)
  if (quads > 0) eachQuad(f, quads, (bytes) => four(bytes, 4 * half))
  for (let d = 4 * quads; d < half; d++) one(4 * d, 4 * (d + half))
}

/** Cosines and sines of four angles, which lie side by side in pairs. */
export function anglesAt(f: FunctionBuilder, angles: Local<'i32'>, bytes: Local<'i32'>) {
  const place = i32.add(angles, i32.shl(bytes, 1))
  const [low, high] = [f.local('v128', v128.load(place)), f.local('v128', v128.load(place, 16))]
  return {
    cosine: f.local('v128', shuffle32(low, high, [0, 2, 4, 6])),
    sine: f.local('v128', shuffle32(low, high, [1, 3, 5, 7])),
  }
}
