import type { FunctionBuilder } from '../wasm/assembler/function-builder.ts'
import { i32 } from '../wasm/assembler/scalars.ts'
import type { Local, Value } from '../wasm/assembler/values.ts'
import { f32x4, i8x16, i16x8, i32x4, v128 } from '../wasm/assembler/vectors.ts'
import { widenHalf } from '../wasm/math.ts'
import { INT4_STEP, INT8_STEP } from './weight-format.reference.ts'
import type { WeightFormat } from './weight-format.ts'
import { GROUP_ROWS, weightLayout } from './weight-format.ts'

/** Columns of a panel: what a register tile is wide. */
export const PANEL = 8

type Madd = (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) => Value<'v128'>

/** How rows of weights become floats. Offsets are in bytes, places of panels in panels of 8 columns. */
interface Reading {
  /** Bytes of a panel in one row. */
  readonly panelBytes: number
  /** Bytes of a panel's ranges in front of a group of rows; 0 where there are no groups. */
  readonly rangeBytes: number
  /** Variables for the ranges of so many panels. */
  ranges(f: FunctionBuilder, panels: number): Local<'v128'>[]
  readRanges(f: FunctionBuilder, address: Value<'i32'>, ranges: readonly Local<'v128'>[]): void
  /** Quad `quad` (0 is the first of panel 0) of a row that starts at `address`, as four floats. */
  quad(
    f: FunctionBuilder,
    address: Value<'i32'>,
    quad: number,
    ranges: readonly Local<'v128'>[],
    madd: Madd,
  ): Value<'v128'>
}

const noRanges = { rangeBytes: 0, ranges: () => [], readRanges: () => {} }

const READINGS: Readonly<Record<WeightFormat, Reading>> = {
  f32: { ...noRanges, panelBytes: 32, quad: (_, address, quad) => v128.load(address, 16 * quad) },
  f16: {
    ...noRanges,
    panelBytes: 16,
    quad: (f, address, quad) => f.call(widenHalf, v128.load16x4U(address, 8 * quad)),
  },
  int8: {
    panelBytes: 8,
    rangeBytes: 16,
    ranges: (f, panels) => Array.from({ length: 2 * panels }, () => f.local('v128')),
    readRanges(f, address, ranges) {
      ranges.forEach((step, quad) => {
        f.set(step, f32x4.mul(f.call(widenHalf, v128.load16x4U(address, 8 * quad)), f32x4.const(INT8_STEP)))
      })
    },
    quad: (_, address, quad, ranges) => {
      const words = i32x4.extendLowI16x8S(i16x8.extendLowI8x16S(v128.load32Zero(address, 4 * quad)))
      return f32x4.mul(f32x4.convertI32x4S(words), ranges[quad] as Local<'v128'>)
    },
  },
  int4: {
    panelBytes: 4,
    rangeBytes: 32,
    ranges: (f, panels) => Array.from({ length: 4 * panels }, () => f.local('v128')),
    readRanges(f, address, ranges) {
      for (let quad = 0; quad < ranges.length / 2; quad++) {
        const [low, step] = ranges.slice(2 * quad) as [Local<'v128'>, Local<'v128'>]
        const pairs = v128.load(address, 16 * quad)
        f.set(low, f.call(widenHalf, v128.and(pairs, i32x4.const(0xffff))))
        const range = f32x4.sub(f.call(widenHalf, i32x4.shrU(pairs, 16)), low)
        f.set(step, f32x4.mul(range, f32x4.const(INT4_STEP)))
      }
    },
    quad(_, address, quad, ranges, madd) {
      const [low, step] = ranges.slice(2 * quad) as [Local<'v128'>, Local<'v128'>]
      // Two bytes hold four weights: each byte in two lanes, the first time four bits higher.
      const bytes = i8x16.shuffle(v128.load16Splat(address, 2 * quad), i32x4.const(0), TWICE)
      const nibbles = v128.and(i16x8.shrU(i16x8.mul(bytes, i32x4.const(16, 1, 16, 1)), 4), i32x4.const(15))
      return madd(f32x4.convertI32x4S(nibbles), step, low)
    },
  },
}

const TWICE = [0, 16, 16, 16, 0, 16, 16, 16, 1, 16, 16, 16, 1, 16, 16, 16]

/** Some columns of some rows of a matrix [inner, columns] in a format. */
export interface WeightRows {
  readonly weights: Local<'i32'>
  /** The first panel, and how many stand side by side. */
  readonly panel: Value<'i32'>
  readonly panels: number
  /** Rows first … end − 1; `first` is a multiple of 32. */
  readonly first: Local<'i32'>
  readonly end: Local<'i32'>
}

/** Goes through rows of weights and gives `body` each row's quads as values. */
export function eachWeightRow(
  f: FunctionBuilder,
  { format, columns, madd }: { readonly format: WeightFormat; readonly columns: number; readonly madd: Madd },
  { weights, panel, panels, first, end }: WeightRows,
  body: (quad: (index: number) => Value<'v128'>) => void,
): void {
  const reading = READINGS[format]
  const { rowWords, rangeWords } = weightLayout(format, 0, columns)
  const ranges = reading.ranges(f, panels)
  const at = f.local('i32')
  const rows = (from: Value<'i32'>, to: Local<'i32'>) =>
    f.for(from, to, () => {
      body((index) => reading.quad(f, at, index, ranges, madd))
      f.increase(at, 4 * rowWords)
    })
  const inPanel = f.local('i32', i32.add(weights, i32.mul(panel, reading.panelBytes)))
  if (rangeWords === 0) {
    f.set(at, i32.add(inPanel, i32.mul(first, 4 * rowWords)))
    rows(first, end)
    return
  }
  const groupBytes = 4 * (GROUP_ROWS * rowWords + rangeWords)
  const groupEnd = f.local('i32')
  f.for(
    first,
    end,
    (row) => {
      const start = f.local('i32', i32.mul(i32.shrU(row, 5), groupBytes))
      reading.readRanges(f, i32.add(i32.add(weights, start), i32.mul(panel, reading.rangeBytes)), ranges)
      f.set(at, i32.add(i32.add(inPanel, start), 4 * rangeWords))
      f.set(groupEnd, i32.add(row, GROUP_ROWS))
      f.set(groupEnd, i32.minU(groupEnd, end))
      rows(row, groupEnd)
    },
    GROUP_ROWS,
  )
}
