import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import { SCALED_COPY_BINDINGS, scaledCopyReference } from './scaled-copy.reference.ts'
import { scaledCopyWasm } from './scaled-copy.wasm.ts'
import { scaledCopyWgsl } from './scaled-copy.wgsl.ts'

/** output = factor · input in the first quads of two buffers; the factor lies on the device. */
export function scaledCopyKernel(lanes: number): Kernel<typeof SCALED_COPY_BINDINGS> {
  return {
    name: 'scaled-copy',
    bindings: SCALED_COPY_BINDINGS,
    wgsl: () => scaledCopyWgsl(lanes),
    workgroups: (quads) => quadGroups(quads, lanes),
    wasm: scaledCopyWasm,
    reference: scaledCopyReference,
  }
}
