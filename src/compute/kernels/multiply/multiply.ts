import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import { MULTIPLY_BINDINGS, multiplyReference } from './multiply.reference.ts'
import { multiplyWasm } from './multiply.wasm.ts'
import { multiplyWgsl } from './multiply.wgsl.ts'

/** output *= input, number by number, in the first quads of two buffers. */
export function multiplyKernel(lanes: number): Kernel<typeof MULTIPLY_BINDINGS> {
  return {
    name: 'multiply',
    bindings: MULTIPLY_BINDINGS,
    wgsl: () => multiplyWgsl(lanes),
    workgroups: (quads) => quadGroups(quads, lanes),
    wasm: multiplyWasm,
    reference: multiplyReference,
  }
}
