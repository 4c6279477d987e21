import type { FunctionBuilder } from '../wasm/assembler/function-builder.ts'
import { i32 } from '../wasm/assembler/scalars.ts'
import type { Local, Value } from '../wasm/assembler/values.ts'
import { f32x4, i32x4, v128 } from '../wasm/assembler/vectors.ts'
import { widenHalves } from '../wasm/math.ts'
import { INT4_STEP, INT8_STEP } from './weight-format.reference.ts'
import type { WeightFormat, WeightShape } from './weight-format.ts'
import { columnsTogether, GROUP_ROWS, weightLayout } from './weight-format.ts'

/** Columns of a panel: what a register tile is wide. */
export const PANEL = 8

type Madd = (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) => Value<'v128'>

/** A panel of one row, as two vectors of four floats. */
export type PanelOfRow = readonly [Value<'v128'>, Value<'v128'>]

/** How a row of a panel becomes floats. */
interface Reading {
  /** Bytes of a panel in one row. */
  readonly panelBytes: number
  /** Bytes of a panel's ranges in front of a group of rows; 0 where there are no groups. */
  readonly rangeBytes: number
  /** Variables for a panel's ranges: so many. */
  readonly rangeVariables: 0 | 2 | 4
  /** Sets the variables from the ranges that lie from `address` + `offset` on. */
  readRanges(f: FunctionBuilder, address: Local<'i32'>, offset: number, ranges: readonly Local<'v128'>[]): void
  /** The row of a panel that lies from `address` + `offset` on. */
  row(
    f: FunctionBuilder,
    address: Local<'i32'>,
    offset: number,
    ranges: readonly Local<'v128'>[],
    madd: Madd,
  ): PanelOfRow
}

const noRanges = { rangeBytes: 0, rangeVariables: 0, readRanges: () => {} } as const

const NIBBLES = i32x4.const(0xf, 0xf0, 0xf00, 0xf000)
/** What a digit is multiplied by that stands 0, 1, 2 and 3 digits too high. */
const DIGITS = f32x4.const(1, 2 ** -4, 2 ** -8, 2 ** -12)

const READINGS: Readonly<Record<WeightFormat, Reading>> = {
  f32: {
    ...noRanges,
    panelBytes: 32,
    row: (_, address, offset) => [v128.load(address, offset), v128.load(address, offset + 16)],
  },
  f16: {
    ...noRanges,
    panelBytes: 16,
    row: (_, address, offset) => [
      widenHalves(v128.load16x4S(address, offset)),
      widenHalves(v128.load16x4S(address, offset + 8)),
    ],
  },
  int8: {
    panelBytes: 8,
    rangeBytes: 16,
    rangeVariables: 2,
    readRanges(f, address, offset, ranges) {
      ranges.forEach((step, quad) => {
        f.set(step, f32x4.mul(widenHalves(v128.load16x4S(address, offset + 8 * quad)), f32x4.const(INT8_STEP)))
      })
    },
    row(f, address, offset, [first, second]) {
      const words = f.local('v128', v128.load8x8S(address, offset))
      return [
        f32x4.mul(f32x4.convertI32x4S(i32x4.extendLowI16x8S(words)), first as Local<'v128'>),
        f32x4.mul(f32x4.convertI32x4S(i32x4.extendHighI16x8S(words)), second as Local<'v128'>),
      ]
    },
  },
  int4: {
    panelBytes: 4,
    rangeBytes: 32,
    rangeVariables: 4,
    readRanges(f, address, offset, ranges) {
      const pairs = f.local('v128')
      for (let quad = 0; quad < 2; quad++) {
        const [low, step] = ranges.slice(2 * quad) as [Local<'v128'>, Local<'v128'>]
        f.set(pairs, v128.load(address, offset + 16 * quad))
        f.set(low, widenHalves(i32x4.shrS(i32x4.shl(pairs, 16), 16)))
        const range = f32x4.sub(widenHalves(i32x4.shrS(pairs, 16)), low)
        f.set(step, f32x4.mul(f32x4.mul(range, f32x4.const(INT4_STEP)), DIGITS))
      }
    },
    row(f, address, offset, ranges, madd) {
      const [low, step, highLow, highStep] = ranges as [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>]
      // Each lane keeps its own digit where it stands: a power of 16 too large, which the step makes up for.
      const digits = f.local('v128', v128.load32Splat(address, offset))
      return [
        madd(f32x4.convertI32x4S(v128.and(digits, NIBBLES)), step, low),
        madd(f32x4.convertI32x4S(v128.and(i32x4.shrU(digits, 16), NIBBLES)), highStep, highLow),
      ]
    },
  },
}

/** Some columns of some rows of a matrix. */
export interface WeightRows {
  readonly weights: Local<'i32'>
  /** The first panel, and how many stand side by side. */
  readonly panel: Value<'i32'>
  readonly panels: number
  /** Rows first … end − 1, in steps of `rowsTogether`; `first` is a multiple of 32. */
  readonly first: Local<'i32'>
  readonly end: Local<'i32'>
}

/** How the weights of a matrix lie; either whole rows of it together, or panels of 8 columns. */
export interface WeightReading {
  readonly format: WeightFormat
  readonly shape: WeightShape
  readonly madd: Madd
  /** Rows for which `body` is written one after another: 1 where it is not said. */
  readonly rowsTogether?: 1 | 2 | 4
}

/** Goes through rows of weights and gives `body` each row's panels as values; `step` counts the rows that are together. */
export function eachWeightRow(
  f: FunctionBuilder,
  { format, shape, madd, rowsTogether = 1 }: WeightReading,
  { weights, panel, panels, first, end }: WeightRows,
  body: (row: (panel: number) => PanelOfRow, step: number) => void,
): void {
  const reading = READINGS[format]
  const together = columnsTogether(shape)
  const { rowWords, rangeWords, words } = weightLayout(format, shape.inner, together)
  // From one panel to the next, within a row and within the ranges of a group.
  const [panelBytes, rangeBytes] =
    together === shape.columns ? [reading.panelBytes, reading.rangeBytes] : [4 * words, 4 * words]
  const ranges = Array.from({ length: panels }, () =>
    Array.from({ length: reading.rangeVariables }, () => f.local('v128')),
  )
  const at = f.local('i32')
  const rows = (from: Value<'i32'>, to: Local<'i32'>) =>
    f.for(
      from,
      to,
      () => {
        for (let step = 0; step < rowsTogether; step++) {
          const offset = 4 * rowWords * step
          body((index) => reading.row(f, at, offset + panelBytes * index, ranges[index] ?? [], madd), step)
        }
        f.increase(at, 4 * rowWords * rowsTogether)
      },
      rowsTogether,
    )
  const inPanel = f.local('i32', i32.add(weights, i32.mul(panel, panelBytes)))
  if (rangeWords === 0) {
    f.set(at, i32.add(inPanel, i32.mul(first, 4 * rowWords)))
    rows(first, end)
    return
  }
  const inRanges = f.local('i32', i32.add(weights, i32.mul(panel, rangeBytes)))
  const groupBytes = 4 * (GROUP_ROWS * rowWords + rangeWords)
  const groupEnd = f.local('i32')
  f.for(
    first,
    end,
    (row) => {
      const start = f.local('i32', i32.mul(i32.shrU(row, 5), groupBytes))
      f.set(at, i32.add(inRanges, start))
      ranges.forEach((variables, index) => {
        reading.readRanges(f, at, rangeBytes * index, variables)
      })
      f.set(at, i32.add(i32.add(inPanel, start), 4 * rangeWords))
      f.set(groupEnd, i32.add(row, GROUP_ROWS))
      f.set(groupEnd, i32.minU(groupEnd, end))
      rows(row, groupEnd)
    },
    GROUP_ROWS,
  )
}
