import type { FunctionBuilder } from '../wasm/assembler/function-builder.ts'
import { i32 } from '../wasm/assembler/scalars.ts'
import type { Local, Value } from '../wasm/assembler/values.ts'
import { ROW_WORDS } from './rows.ts'

/** Units of a kernel that does its rows one by one. */
export function rowUnits({ at }: { readonly at: { readonly rows: Local<'i32'> } }): Value<'i32'> {
  return i32.load(at.rows)
}

/** Word `word` of row `row` in a rows or targets buffer. */
export function rowWord(rows: Local<'i32'>, row: Local<'i32'>, word: number): Value<'i32'> {
  return i32.load(i32.add(rows, i32.shl(row, 4)), 4 * (ROW_WORDS + word))
}

/** Address of row `row` in a matrix whose rows are `stride` floats apart. */
export function rowAddress(f: FunctionBuilder, start: Value<'i32'>, row: Value<'i32'>, stride: number): Local<'i32'> {
  return f.local('i32', i32.add(start, i32.mul(row, 4 * stride)))
}
