import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import type { AdamwShape } from './adamw.reference.ts'
import { ADAMW_BINDINGS, adamwReference } from './adamw.reference.ts'
import { adamwWasm } from './adamw.wasm.ts'
import { adamwWgsl } from './adamw.wgsl.ts'

/**
 * One step of AdamW (Loshchilov & Hutter, arXiv 1711.05101, algorithm 2, in PyTorch's order) on a tensor: with g the
 * clipped gradient, p *= 1 − lr · decay; m = β1 m + (1 − β1) g; v = β2 v + (1 − β2) g²;
 * p −= lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε).
 */
export function adamwKernel(shape: AdamwShape): Kernel<typeof ADAMW_BINDINGS> {
  return {
    name: 'adamw',
    bindings: ADAMW_BINDINGS,
    wgsl: () => adamwWgsl(shape),
    workgroups: (quads) => quadGroups(quads, shape.lanes),
    wasm: () => adamwWasm(shape),
    reference: (views) => adamwReference(shape, views),
  }
}
