import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import type { FillShape } from './fill.reference.ts'
import { FILL_BINDINGS, fillReference } from './fill.reference.ts'
import { fillWasm } from './fill.wasm.ts'
import { fillWgsl } from './fill.wgsl.ts'

/** output = value, in the first quads of a buffer. */
export function fillKernel(shape: FillShape): Kernel<typeof FILL_BINDINGS> {
  return {
    name: 'fill',
    bindings: FILL_BINDINGS,
    wgsl: () => fillWgsl(shape),
    workgroups: (quads) => quadGroups(quads, shape.lanes),
    wasm: () => fillWasm(shape),
    reference: (views) => fillReference(shape, views),
  }
}
