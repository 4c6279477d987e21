import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { eachQuad } from '../quads.wasm.ts'
import { turnHead } from '../rotary/turn-head.wasm.ts'
import { ROW_POSITION } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import type { ROTARY_DENSE_BINDINGS, RotaryDenseShape } from './rotary-dense.reference.ts'

export function rotaryDenseWasm(shape: RotaryDenseShape): WasmKernel<typeof ROTARY_DENSE_BINDINGS> {
  const { heads, keyValueHeads, headDim, stride } = shape
  return {
    key: rotaryDenseKey(shape),
    cost: 3 * stride,
    units: rowUnits,
    emit: ({ f, at, first, end, madd }) => {
      f.for(first, end, (row) => {
        const angles = rowAddress(f, at.angles, f.local('i32', rowWord(at.rows, row, ROW_POSITION)), headDim)
        const from = rowAddress(f, at.input, row, stride)
        const to = rowAddress(f, at.output, row, stride)
        const turn = (count: number, gain: number) =>
          eachHead(f, count, shape, [from, to], () => {
            turnHead(f, madd, shape, { from, to, angles, gains: i32.add(at.gains, 4 * gain) })
            zeroPadding(f, shape, to)
          })
        turn(heads, 0)
        turn(keyValueHeads, headDim)
        copyRest(f, shape, from, to)
      })
    },
  }
}

export function rotaryDenseKey({ heads, keyValueHeads, headDim, headWidth, stride, norm }: RotaryDenseShape): string {
  return [heads, keyValueHeads, headDim, headWidth, stride, norm?.epsilon].join()
}

/** Does `count` heads; the places are moved on from one to the next. */
export function eachHead(
  f: FunctionBuilder,
  count: number,
  { headWidth }: Pick<RotaryDenseShape, 'headWidth'>,
  places: readonly Local<'i32'>[],
  body: () => void,
): void {
  f.for(0, count, () => {
    body()
    for (const place of places) f.increase(place, 4 * headWidth)
  })
}

/** What lies between a head's dimension and its width. */
export function zeroPadding(
  f: FunctionBuilder,
  { headDim, headWidth }: Pick<RotaryDenseShape, 'headDim' | 'headWidth'>,
  head: Local<'i32'>,
): void {
  for (let d = headDim; d < headWidth; d++) f.store('f32', head, 0, 4 * d)
}

/** Value heads go as they are; what lies past the heads becomes zero. */
export function copyRest(f: FunctionBuilder, shape: RotaryDenseShape, from: Local<'i32'>, to: Local<'i32'>): void {
  const { heads, keyValueHeads, headDim, headWidth, stride } = shape
  eachHead(f, keyValueHeads, shape, [from, to], () => {
    eachQuad(f, headWidth / 4, (bytes) => {
      f.store('v128', i32.add(to, bytes), v128.load(i32.add(from, bytes)))
    })
    if (headDim < headWidth) zeroPadding(f, shape, to)
  })
  const past = stride - (heads + 2 * keyValueHeads) * headWidth
  for (let at = 0; at < past; at += 4) f.store('v128', to, f32x4.const(0), 4 * at)
}
