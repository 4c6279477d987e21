import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, shuffle32, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmContext, WasmKernel } from '../../wasm/wasm-kernel.ts'
import { GROUP_ROWS } from '../weight-format.ts'
import { eachWeightRow, PANEL } from '../weight-format.wasm.ts'
import type { TRANSPOSE_BINDINGS, TransposeShape } from './transpose.reference.ts'

/** Columns of the input in one unit, and rows that are done before the next columns are: what is written fills cache lines. */
const BLOCK = 16
/** Rows of a usual batch. */
const USUAL_ROWS = 512

/** Whether columns start and end at panels, as those of compressed weights must; those of a matrix in training do. */
export function canTransposeInWasm({ format, inputOffset, width }: TransposeShape): boolean {
  return format === 'f32' || (inputOffset % PANEL === 0 && width % PANEL === 0)
}

export function transposeWasm(shape: TransposeShape): WasmKernel<typeof TRANSPOSE_BINDINGS> {
  const { format, inputStride, inputOffset, width, outputStride, padTo } = shape
  return {
    key: [format, inputStride, inputOffset, width, outputStride, padTo].join(),
    cost: BLOCK * USUAL_ROWS,
    scratchBytes: format === 'f32' ? 0 : 4 * GROUP_ROWS * BLOCK,
    units: () => i32.const(Math.ceil(width / BLOCK)),
    emit: (context) => {
      const { f, at, first, end } = context
      const count = f.local('i32', i32.load(at.rows))
      const padded = f.local('i32', i32.mul(i32.divU(i32.add(count, padTo - 1), padTo), padTo))
      f.for(first, end, (unit) => {
        const input = f.local('i32', i32.add(at.input, i32.mul(unit, 4 * BLOCK)))
        f.increase(input, 4 * inputOffset)
        const output = f.local('i32', i32.add(at.output, i32.mul(unit, 4 * BLOCK * outputStride)))
        const columns = (quads: number) => {
          if (format === 'f32') turnFloats(f, shape, { input, output, count }, quads)
          else turnWeights(context, shape, { unit, output, count }, quads)
          const next = f.local('i32', i32.and(i32.add(count, 3), -4))
          f.for(
            next,
            padded,
            (row) => {
              const place = f.local('i32', i32.add(output, i32.shl(row, 2)))
              for (let c = 0; c < 4 * quads; c++) f.store('v128', place, f32x4.const(0), 4 * c * outputStride)
            },
            4,
          )
        }
        const rest = width % BLOCK
        if (rest === 0) columns(BLOCK / 4)
        else if (width < BLOCK) columns(rest / 4)
        else
          f.if(
            i32.ltU(unit, Math.floor(width / BLOCK)),
            () => columns(BLOCK / 4),
            () => columns(rest / 4),
          )
      })
    },
  }
}

/** All rows of a unit's columns, some at a time. */
function turnFloats(
  f: FunctionBuilder,
  shape: TransposeShape,
  { input, output, count }: Readonly<Record<'input' | 'output' | 'count', Local<'i32'>>>,
  quads: number,
): void {
  const whole = f.local('i32', i32.and(count, -4))
  f.for(
    0,
    whole,
    (row) => {
      const stop = f.local('i32', i32.add(row, BLOCK))
      f.set(stop, i32.minU(stop, whole))
      turnRows(f, shape, { input, output, from: row, to: stop }, quads)
    },
    BLOCK,
  )
  f.if(i32.ltU(whole, count), () => turnLast(f, shape, { input, output, from: whole, to: count }, quads))
}

/** The same of compressed weights: each group of rows becomes floats first. */
function turnWeights(
  { f, at, scratch, madd }: WasmContext<typeof TRANSPOSE_BINDINGS>,
  shape: TransposeShape,
  { unit, output, count }: Readonly<Record<'unit' | 'output' | 'count', Local<'i32'>>>,
  quads: number,
): void {
  const { format, inputStride: columns, inputOffset } = shape
  const panel = f.local('i32', i32.add(i32.mul(unit, BLOCK / PANEL), inputOffset / PANEL))
  f.for(
    0,
    count,
    (row) => {
      const stop = f.local('i32', i32.add(row, GROUP_ROWS))
      f.set(stop, i32.minU(stop, count))
      const to = f.local('i32', scratch)
      const rows = { weights: at.input, panel, panels: quads / 2, first: row, end: stop }
      const reading = { format, shape: { inner: shape.maxRows, columns }, madd }
      eachWeightRow(f, reading, rows, (row) => {
        for (let index = 0; index < quads / 2; index++) {
          row(index).forEach((quad, half) => {
            f.store('v128', to, quad, 32 * index + 16 * half)
          })
        }
        f.increase(to, 4 * BLOCK)
      })
      const place = f.local('i32', i32.add(output, i32.shl(row, 2)))
      const unpacked = { input: scratch, output: place, count: f.local('i32', i32.sub(stop, row)) }
      turnFloats(f, { ...shape, inputStride: BLOCK }, unpacked, quads)
    },
    GROUP_ROWS,
  )
}

interface Rows {
  /** Where the unit's first column starts, and the first of its rows in the output. */
  readonly input: Local<'i32'>
  readonly output: Local<'i32'>
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
}

/** Rows of the input, a multiple of 4, one quad of columns after the other. */
function turnRows(
  f: FunctionBuilder,
  { inputStride, outputStride }: TransposeShape,
  { input, output, from, to }: Rows,
  quads: number,
): void {
  for (let quad = 0; quad < quads; quad++) {
    const place = f.local('i32', i32.add(i32.add(input, i32.mul(from, 4 * inputStride)), 16 * quad))
    const into = f.local('i32', i32.add(i32.add(output, i32.shl(from, 2)), 16 * quad * outputStride))
    f.for(
      from,
      to,
      () => {
        const rows = [0, 1, 2, 3].map((row) => f.local('v128', v128.load(place, 4 * row * inputStride)))
        storeTurned(f, rows as Four, into, outputStride)
        f.increase(place, 16 * inputStride)
        f.increase(into, 16)
      },
      4,
    )
  }
}

/** One to three rows, and zeros where there is none. */
function turnLast(
  f: FunctionBuilder,
  { inputStride, outputStride }: TransposeShape,
  { input, output, from, to }: Rows,
  quads: number,
): void {
  const place = f.local('i32', i32.add(input, i32.mul(from, 4 * inputStride)))
  const into = f.local('i32', i32.add(output, i32.shl(from, 2)))
  f.for(0, quads, () => {
    const rows = [0, 1, 2, 3].map((row) => {
      const value = f.local('v128', f32x4.const(0))
      f.if(i32.ltU(i32.add(from, row), to), () => f.set(value, v128.load(place, 4 * row * inputStride)))
      return value
    })
    storeTurned(f, rows as Four, into, outputStride)
    f.increase(place, 16)
    f.increase(into, 16 * outputStride)
  })
}

type Four = [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>]

/** Columns of four rows as rows of the output. */
function storeTurned(f: FunctionBuilder, [a, b, c, d]: Four, into: Local<'i32'>, outputStride: number): void {
  const pairs = (x: Value<'v128'>, y: Value<'v128'>) => [
    f.local('v128', shuffle32(x, y, [0, 4, 1, 5])),
    f.local('v128', shuffle32(x, y, [2, 6, 3, 7])),
  ]
  const [upper, lower] = [pairs(a, b), pairs(c, d)]
  upper.forEach((left, half) => {
    const right = lower[half] as Local<'v128'>
    f.store('v128', into, shuffle32(left, right, [0, 1, 4, 5]), 8 * half * outputStride)
    f.store('v128', into, shuffle32(left, right, [2, 3, 6, 7]), (8 * half + 4) * outputStride)
  })
}
