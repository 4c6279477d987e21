import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import { SWIGLU_BINDINGS, swigluReference } from './swiglu.reference.ts'
import { swigluWasm } from './swiglu.wasm.ts'
import { swigluWgsl } from './swiglu.wgsl.ts'
import type { SwigluShape } from './swiglu-shape.ts'

/**
 * output = silu(gate) · value (Shazeer, arXiv 2002.05202), half as wide as the input: what a product with the epilogue
 * `gate` gives, for a pass that keeps gates and values for its way back.
 */
export function swigluKernel(shape: SwigluShape): Kernel<typeof SWIGLU_BINDINGS> {
  return {
    name: 'swiglu',
    bindings: SWIGLU_BINDINGS,
    wgsl: () => swigluWgsl(shape),
    workgroups: (rows) => quadGroups((rows * shape.columns) / 8, shape.lanes),
    wasm: () => swigluWasm(shape),
    reference: (views) => swigluReference(shape, views),
  }
}
