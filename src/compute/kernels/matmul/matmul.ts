import type { Kernel } from '../../backend.ts'
import type { MatmulShape } from './matmul.reference.ts'
import { MATMUL_BINDINGS, matmulReference } from './matmul.reference.ts'
import { matmulWasm } from './matmul.wasm.ts'
import { matmulWgsl } from './matmul.wgsl.ts'

/**
 * bias + input · weights for rows of activations; weights [inner, columns] in one of the formats lie so that neighbouring invocations read
 * neighbouring columns. One invocation computes a tile of rows × columns in registers. Every sum runs over `inner` in
 * order, with fused multiply-adds, so a row's result is the same bits in whatever company it is computed.
 */
export function matmulKernel(shape: MatmulShape): Kernel<typeof MATMUL_BINDINGS> {
  const { columns, panelColumns, tile, epilogue } = shape
  if (columns % tile.columns !== 0 || shape.inner % 4 !== 0) {
    throw new RangeError(`matmul of ${shape.inner} × ${columns} with tiles of ${tile.columns} columns`)
  }
  return {
    name: epilogue === 'gate' ? 'matmul-gate' : 'matmul',
    bindings: MATMUL_BINDINGS,
    wgsl: () => {
      if (panelColumns !== undefined) throw new RangeError('WebGPU reads whole rows of weights')
      return matmulWgsl(shape)
    },
    workgroups: (rows) => [Math.ceil(columns / tile.columns / tile.lanes), Math.ceil(rows / tile.rows), 1],
    wasm: () => matmulWasm(shape),
    reference: (views) => matmulReference(shape, views),
  }
}
