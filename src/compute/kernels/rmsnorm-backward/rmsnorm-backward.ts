import type { Kernel } from '../../backend.ts'
import type { RmsnormBackwardShape } from './rmsnorm-backward.reference.ts'
import { RMSNORM_BACKWARD_BINDINGS, rmsnormBackwardReference } from './rmsnorm-backward.reference.ts'
import { rmsnormBackwardWasm } from './rmsnorm-backward.wasm.ts'
import { rmsnormBackwardWgsl } from './rmsnorm-backward.wgsl.ts'

/**
 * Gradient of rmsnorm's input: with s = 1/√(mean(x²) + ε), n = s·x and d = gain · gradient,
 * output[row] (= or +=) s · (d − n · mean(d · n)).
 */
export function rmsnormBackwardKernel(shape: RmsnormBackwardShape): Kernel<typeof RMSNORM_BACKWARD_BINDINGS> {
  return {
    name: 'rmsnorm-backward',
    bindings: RMSNORM_BACKWARD_BINDINGS,
    wgsl: () => rmsnormBackwardWgsl(shape),
    workgroups: (rows) => [shape.lanes === 1 ? Math.ceil(rows / shape.serialLanes) : rows, 1, 1],
    wasm: () => rmsnormBackwardWasm(shape),
    reference: (views) => rmsnormBackwardReference(shape, views),
  }
}
