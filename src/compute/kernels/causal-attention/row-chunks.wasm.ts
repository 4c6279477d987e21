import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { i32, select } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { word } from '../attention-parts.wasm.ts'
import { ROW_WORDS } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'

/** Rows whose scores are kept at a time; a row's chunks are counted from the first row of its sum. */
const CHUNK_ROWS = 64
/** Scratch space for one number of each row of a chunk. */
export const CHUNK_BYTES = 4 * CHUNK_ROWS

/** Sizes in bytes. */
export function byteSizes(shape: CausalAttentionShape) {
  const { heads, keyValueHeads, headWidth, stride, attendedStride = heads * headWidth } = shape
  return {
    head: 4 * headWidth,
    quads: headWidth / 4,
    row: 4 * stride,
    attendedRow: 4 * attendedStride,
    /** From the start of a row to its keys, and from a key to its value. */
    keys: 4 * heads * headWidth,
    toValue: 4 * keyValueHeads * headWidth,
    /** From one row's numbers (log Σ e^score, δ) to the next's. */
    numbers: 4 * heads,
    group: heads / keyValueHeads,
    scale: 1 / Math.sqrt(shape.headDim),
  }
}

/** What the generated code depends on. */
export function shapeKey(shape: CausalAttentionShape): string {
  const { heads, keyValueHeads, headDim, window, stride, attendedStride } = shape
  return [heads, keyValueHeads, headDim, window, stride, attendedStride].join()
}

/** What a unit is: rows of a head follow each other. */
export function unitHead(f: FunctionBuilder, unit: Value<'i32'>, rows: Value<'i32'>) {
  const head = f.local('i32', i32.divU(unit, rows))
  return { head, row: f.local('i32', i32.sub(unit, i32.mul(head, rows))) }
}

/** How many rows before it a row at `position` sees. */
export function rowsBefore(
  f: FunctionBuilder,
  { window }: Pick<CausalAttentionShape, 'window'>,
  position: Value<'i32'>,
): Local<'i32'> {
  const before = f.local('i32', position)
  if (window !== null) f.set(before, i32.minU(before, i32.const(window - 1)))
  return before
}

/** One word of what is known of a row. */
export function rowWord(rows: Value<'i32'>, row: Value<'i32'>, number: number): Value<'i32'> {
  return i32.load(word(rows, i32.mul(i32.add(row, 1), ROW_WORDS)), 4 * number)
}

/** `body` for each chunk of `count` rows: its first row, counted from the first of all, and how many it has. */
export function forChunks(
  f: FunctionBuilder,
  count: Value<'i32'>,
  body: (first: Local<'i32'>, rows: Local<'i32'>) => void,
): void {
  f.for(
    0,
    count,
    (first) => {
      body(first, f.local('i32', i32.minU(f.local('i32', i32.sub(count, first)), i32.const(CHUNK_ROWS))))
    },
    CHUNK_ROWS,
  )
}

/**
 * Addresses of four things, `stride` bytes apart, of which only the first `there` exist: the others' are that of the first.
 */
export function fourAddresses(
  f: FunctionBuilder,
  first: Value<'i32'>,
  stride: number,
  there: Value<'i32'>,
): readonly Local<'i32'>[] {
  const at = f.local('i32', first)
  return [0, 1, 2, 3].map((lane) =>
    lane === 0 ? at : f.local('i32', select(i32.gtU(there, lane), i32.add(at, lane * stride), at)),
  )
}
