import { i32 } from '../../wasm/assembler/scalars.ts'
import type { WasmKernel } from '../../wasm/wasm-kernel.ts'
import type { COPY_SPANS_BINDINGS } from './copy-spans.reference.ts'

/** Multiply-adds that take about as long as copying a span, which is some pages' positions or a slot. */
const SPAN_COST = 4000

/** A unit is a span. */
export function copySpansWasm(): WasmKernel<typeof COPY_SPANS_BINDINGS> {
  return {
    key: '',
    cost: SPAN_COST,
    units: ({ at }) => i32.load(at.spans),
    emit({ f, at, first, end }) {
      f.for(first, end, (unit) => {
        const span = f.local('i32', i32.add(at.spans, i32.shl(i32.add(unit, 1), 4)))
        const place = (word: number) => i32.add(at.data, i32.shl(i32.load(span, 4 * word), 4))
        f.copy(place(1), place(0), i32.shl(i32.load(span, 8), 4))
      })
    },
  }
}
