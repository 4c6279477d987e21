import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { f32, i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { ROW_TOKEN } from '../rows.ts'
import { rowAddress, rowUnits, rowWord } from '../rows.wasm.ts'
import { INT4_STEP, INT8_STEP } from '../weight-format.reference.ts'
import { columnsTogether, GROUP_ROWS, weightLayout } from '../weight-format.ts'
import type { EMBEDDING_BINDINGS, EmbeddingShape } from './embedding.reference.ts'

export function embeddingWasm(shape: EmbeddingShape): WasmKernel<typeof EMBEDDING_BINDINGS> {
  const { hidden, outputStride, first: firstToken, end: endToken, columns, panelColumns, format } = shape
  return {
    key: [hidden, outputStride, firstToken, endToken, columns, panelColumns, format].join(),
    cost: 8 * hidden,
    units: rowUnits,
    emit: ({ f, at, first, end }) => {
      f.for(first, end, (row) => {
        const column = f.local('i32', i32.sub(rowWord(at.rows, row, ROW_TOKEN), firstToken))
        // Of smaller ids the difference is a large number.
        f.if(i32.ltU(column, endToken - firstToken), () => {
          gather(f, shape, at.table, column, rowAddress(f, at.output, row, outputStride))
        })
      })
    },
  }
}

type Gathered = Pick<EmbeddingShape, 'hidden' | 'columns' | 'panelColumns' | 'format'>

/** Writes a column of a matrix [hidden, columns] side by side. */
function gather(f: FunctionBuilder, shape: Gathered, table: Local<'i32'>, token: Local<'i32'>, to: Local<'i32'>): void {
  const { hidden, columns, panelColumns, format } = shape
  const together = columnsTogether({ inner: hidden, columns, panelColumns })
  const { rowWords, rangeWords, words } = weightLayout(format, hidden, together)
  const panel = f.local('i32', i32.divU(token, together))
  const column = f.local('i32', i32.sub(token, i32.mul(panel, together)))
  const from = f.local('i32')
  /** Rows one below the other, from where `from` is. */
  const rows = (count: Value<'i32'> | number, read: () => Value<'f32'>) => {
    f.for(0, count, () => {
      f.store('f32', to, read())
      f.increase(from, 4 * rowWords)
      f.increase(to, 4)
    })
  }
  const start = f.local('i32', i32.add(table, i32.mul(panel, 4 * words)))
  if (format === 'f32' || format === 'f16') {
    f.set(from, i32.add(start, i32.shl(column, format === 'f32' ? 2 : 1)))
    rows(hidden, () => (format === 'f32' ? f32.load(from) : halfAt(from)))
    return
  }
  const step = f.local('f32')
  const low = f.local('f32')
  const group = (count: Value<'i32'> | number) => {
    if (format === 'int8') {
      f.set(step, f32.mul(halfAt(i32.add(start, i32.shl(column, 1))), INT8_STEP))
      f.set(from, i32.add(i32.add(start, column), 4 * rangeWords))
      rows(count, () => f32.mul(f32.convertI32S(i32.load8S(from)), step))
    } else {
      const range = f.local('i32', i32.add(start, i32.shl(column, 2)))
      f.set(low, halfAt(range))
      f.set(step, f32.mul(f32.sub(halfAt(range, 2), low), INT4_STEP))
      f.set(from, i32.add(i32.add(start, i32.shrU(column, 1)), 4 * rangeWords))
      const shift = f.local('i32', i32.shl(i32.and(column, 1), 2))
      rows(count, () => {
        const digit = i32.and(i32.shrU(i32.load8U(from), shift), 15)
        return f32.add(low, f32.mul(f32.convertI32U(digit), step))
      })
    }
  }
  f.for(0, Math.floor(hidden / GROUP_ROWS), () => {
    group(GROUP_ROWS)
    f.increase(start, 4 * (GROUP_ROWS * rowWords + rangeWords))
  })
  if (hidden % GROUP_ROWS > 0) group(hidden % GROUP_ROWS)
}

/** A half, which is no infinity, as a float. */
function halfAt(address: Value<'i32'>, offset = 0): Value<'f32'> {
  const bits = (half: Value<'i32'>) => i32.or(i32.shl(i32.and(half, 0x7fff), 13), i32.shl(i32.and(half, 0x8000), 16))
  return f32.mul(f32.reinterpretI32(bits(i32.load16U(address, offset))), 2 ** 112)
}
