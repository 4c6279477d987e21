import type { Kernel } from '../../backend.ts'
import type { ColumnSumsShape } from './column-sums.reference.ts'
import { COLUMN_SUMS_BINDINGS, columnSumsReference } from './column-sums.reference.ts'
import { columnSumsWasm } from './column-sums.wasm.ts'
import { columnSumsWgsl } from './column-sums.wgsl.ts'

/**
 * output[c] += Σ over rows of input[row, offset + c]: the gradient of a bias. One invocation has four columns and sums
 * over the rows in order, however many are dispatched.
 */
export function columnSumsKernel(shape: ColumnSumsShape): Kernel<typeof COLUMN_SUMS_BINDINGS> {
  return {
    name: 'column-sums',
    bindings: COLUMN_SUMS_BINDINGS,
    wgsl: () => columnSumsWgsl(shape),
    workgroups: () => [Math.ceil(shape.columns / 4 / shape.lanes), 1, 1],
    wasm: () => columnSumsWasm(shape),
    reference: (views) => columnSumsReference(shape, views),
  }
}
