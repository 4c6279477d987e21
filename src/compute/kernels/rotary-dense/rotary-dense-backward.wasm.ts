import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4, i32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmContext, WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad, quadSums } from '../quads.wasm.ts'
import { anglesAt, eachPair, headScale } from '../rotary/turn-head.wasm.ts'
import { ROW_POSITION } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'
import { copyRest, eachHead, rotaryDenseKey, zeroPadding } from './rotary-dense.wasm.ts'
import type { ROTARY_DENSE_BACKWARD_BINDINGS } from './rotary-dense-backward.reference.ts'

type BackwardContext = WasmContext<typeof ROTARY_DENSE_BACKWARD_BINDINGS>

export function rotaryDenseBackwardWasm(shape: RotaryDenseShape): WasmKernel<typeof ROTARY_DENSE_BACKWARD_BINDINGS> {
  const { heads, keyValueHeads, headDim, stride, norm } = shape
  return {
    key: rotaryDenseKey(shape),
    cost: 5 * stride,
    units: rowUnits,
    emit: (context) => {
      const { f, at, first, end } = context
      f.for(first, end, (row) => {
        const angles = rowAddress(f, at.angles, f.local('i32', rowWord(at.rows, row, ROW_POSITION)), headDim)
        const input = rowAddress(f, at.input, row, stride)
        const gradient = rowAddress(f, at.gradient, row, stride)
        const output = rowAddress(f, at.output, row, stride)
        const turn = (count: number, gain: number) =>
          eachHead(f, count, shape, [input, gradient, output], () => {
            turnBack(context, shape, gradient, output, angles)
            if (norm === null) zeroPadding(f, shape, output)
            else throughNorm(context, { ...shape, epsilon: norm.epsilon }, { input, gradient, output, gain })
          })
        turn(heads, 0)
        turn(keyValueHeads, headDim)
        copyRest(f, shape, gradient, output)
      })
    },
  }
}

/** The gradient of a head as it was before it was turned, to the output. */
function turnBack(
  { f }: BackwardContext,
  { headDim }: RotaryDenseShape,
  gradient: Local<'i32'>,
  output: Local<'i32'>,
  angles: Local<'i32'>,
): void {
  eachPair(
    f,
    headDim,
    (bytes, second) => {
      const from = f.local('i32', i32.add(gradient, bytes))
      const a = f.local('v128', v128.load(from))
      const b = f.local('v128', v128.load(from, second))
      const { cosine, sine } = anglesAt(f, angles, bytes)
      const place = f.local('i32', i32.add(output, bytes))
      f.store('v128', place, f32x4.add(f32x4.mul(a, cosine), f32x4.mul(b, sine)))
      f.store('v128', place, f32x4.sub(f32x4.mul(b, cosine), f32x4.mul(a, sine)), second)
    },
    (offset, second) => {
      const a = f.local('f32', f32.load(gradient, offset))
      const b = f.local('f32', f32.load(gradient, second))
      const [cosine, sine] = [f32.load(angles, 2 * offset), f32.load(angles, 2 * offset + 4)]
      f.store('f32', output, f32.add(f32.mul(a, cosine), f32.mul(b, sine)), offset)
      f.store('f32', output, f32.sub(f32.mul(b, cosine), f32.mul(a, sine)), second)
    },
  )
}

/**
 * Through the norm y = x · scale · gain: the output's head, which holds the gradient of y, becomes that of x, and the gradient's
 * head its part of the gains' gradient.
 */
function throughNorm(
  { f, at, madd }: BackwardContext,
  shape: RotaryDenseShape & { readonly epsilon: number },
  {
    input,
    gradient,
    output,
    gain,
  }: Readonly<Record<'input' | 'gradient' | 'output', Local<'i32'>>> & { readonly gain: number },
): void {
  const { headDim, headWidth } = shape
  const quads = headWidth / 4
  zeroPadding(f, shape, output)
  const one = headScale(f, madd, input, shape)
  const scale = f.local('v128', f32x4.splat(one))
  const at4 = (place: Local<'i32'>, bytes: Local<'i32'>, offset = 0) => v128.load(i32.add(place, bytes), offset)
  /** Ones where a lane is inside the head, whose dimension is even: what lies past the gains may be anything. */
  const inside = (bytes: Local<'i32'>, offset: number) => {
    const before = i32.ltU(i32.add(bytes, offset), 16 * Math.floor(headDim / 4))
    return v128.or(i32x4.const(-1, -1, 0, 0), i32x4.splat(i32.sub(0, before)))
  }
  const [along] = quadSums(f, quads, [
    (sum, bytes, offset) => {
      const x = f.local('v128', at4(input, bytes, offset))
      const dy = f.local('v128', at4(output, bytes, offset))
      f.store('v128', i32.add(gradient, bytes), f32x4.mul(f32x4.mul(dy, x), scale), offset)
      const gains = at4(at.gains, bytes, 4 * gain + offset)
      const direct = f.local('v128', f32x4.mul(dy, headDim % 4 === 0 ? gains : v128.and(gains, inside(bytes, offset))))
      f.store('v128', i32.add(output, bytes), direct, offset)
      return madd(direct, x, sum)
    },
  ]) as [Local<'f32'>]
  const pull = f.local('v128', f32x4.splat(f32.div(f32.mul(f32.mul(along, one), one), headDim)))
  eachQuad(f, quads, (bytes) => {
    const place = f.local('i32', i32.add(output, bytes))
    f.store('v128', place, f32x4.mul(scale, f32x4.sub(v128.load(place), f32x4.mul(pull, at4(input, bytes)))))
  })
}
