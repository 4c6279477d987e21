import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import { SWIGLU_BACKWARD_BINDINGS, swigluBackwardReference } from './swiglu-backward.reference.ts'
import { swigluBackwardWasm } from './swiglu-backward.wasm.ts'
import { swigluBackwardWgsl } from './swiglu-backward.wgsl.ts'
import type { SwigluShape } from './swiglu-shape.ts'

/**
 * Gradients of swiglu's gates and values: with σ = sigmoid(gate), gradient · value · σ · (1 + gate · (1 − σ)) and
 * gradient · gate · σ.
 */
export function swigluBackwardKernel(shape: SwigluShape): Kernel<typeof SWIGLU_BACKWARD_BINDINGS> {
  return {
    name: 'swiglu-backward',
    bindings: SWIGLU_BACKWARD_BINDINGS,
    wgsl: () => swigluBackwardWgsl(shape),
    workgroups: (rows) => quadGroups((rows * shape.columns) / 8, shape.lanes),
    wasm: () => swigluBackwardWasm(shape),
    reference: (views) => swigluBackwardReference(shape, views),
  }
}
