import type { Kernel } from '../../backend.ts'
import type { RmsnormShape } from './rmsnorm.reference.ts'
import { RMSNORM_BINDINGS, rmsnormReference } from './rmsnorm.reference.ts'
import { rmsnormWasm } from './rmsnorm.wasm.ts'
import { rmsnormWgsl } from './rmsnorm.wgsl.ts'

/** output[row] = input[row] · gain / √(mean(input[row]²) + ε) (Zhang & Sennrich, arXiv 1910.07467, eq. 4). */
export function rmsnormKernel(shape: RmsnormShape): Kernel<typeof RMSNORM_BINDINGS> {
  return {
    name: 'rmsnorm',
    bindings: RMSNORM_BINDINGS,
    wgsl: () => rmsnormWgsl(shape),
    workgroups: (rows) => [shape.lanes === 1 ? Math.ceil(rows / shape.serialLanes) : rows, 1, 1],
    wasm: () => rmsnormWasm(shape),
    reference: (views) => rmsnormReference(shape, views),
  }
}
