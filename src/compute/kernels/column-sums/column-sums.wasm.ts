import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import { rowAddress } from '../rows.wasm.ts'
import type { COLUMN_SUMS_BINDINGS, ColumnSumsShape } from './column-sums.reference.ts'

export function columnSumsWasm({ columns, stride, offset }: ColumnSumsShape): WasmKernel<typeof COLUMN_SUMS_BINDINGS> {
  const quads = columns / 4
  return {
    key: [columns, stride, offset].join(),
    ...columnUnits(quads),
    emit: (context) => {
      const { f, at } = context
      columnSums(context, quads, at.output, (row, add) => {
        const input = rowAddress(f, at.input, row, stride)
        add((sum, bytes, more) => f32x4.add(sum, v128.load(i32.add(input, bytes), 4 * offset + more)))
      })
    },
  }
}

/** Quads side by side in one unit of a sum over rows: a cache line. */
const QUADS_EACH = 4
/** Rows of a usual batch. */
const USUAL_ROWS = 512

interface ColumnContext {
  readonly f: FunctionBuilder
  readonly at: { readonly rows: Local<'i32'> }
  readonly first: Local<'i32'>
  readonly end: Local<'i32'>
}

type AddTerm = (sum: Local<'v128'>, bytes: Local<'i32'>, offset: number) => Value<'v128'>

export function columnUnits(quads: number) {
  return { cost: 4 * QUADS_EACH * USUAL_ROWS, units: () => i32.const(Math.ceil(quads / QUADS_EACH)) }
}

/**
 * output[c] += Σ over rows, in their order. `eachRow` is written once for a row; it hands `add` what gives a quad's sum with that
 * row in it, from where the quad is in bytes.
 */
export function columnSums(
  { f, at, first, end }: ColumnContext,
  quads: number,
  output: Local<'i32'>,
  eachRow: (row: Local<'i32'>, add: (term: AddTerm) => void) => void,
): void {
  const count = f.local('i32', i32.load(at.rows))
  const bytes = f.local('i32')
  const unit = (width: number) => {
    const sums = Array.from({ length: width }, () => f.local('v128', f32x4.const(0)))
    f.for(0, count, (row) =>
      eachRow(row, (term) => {
        sums.forEach((sum, quad) => {
          f.set(sum, term(sum, bytes, 16 * quad))
        })
      }),
    )
    const place = f.local('i32', i32.add(output, bytes))
    sums.forEach((sum, quad) => {
      f.store('v128', place, f32x4.add(v128.load(place, 16 * quad), sum), 16 * quad)
    })
  }
  const whole = Math.floor(quads / QUADS_EACH)
  const rest = quads % QUADS_EACH
  f.for(first, end, (number) => {
    f.set(bytes, i32.mul(number, 16 * QUADS_EACH))
    if (rest === 0) unit(QUADS_EACH)
    else if (whole === 0) unit(rest)
    else
      f.if(
        i32.ltU(number, whole),
        () => unit(QUADS_EACH),
        () => unit(rest),
      )
  })
}
