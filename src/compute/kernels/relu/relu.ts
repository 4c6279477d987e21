import type { Kernel } from '../../backend.ts'
import { quadGroups } from '../quads.ts'
import type { ReluShape } from './relu.reference.ts'
import { RELU_BINDINGS, reluReference } from './relu.reference.ts'
import { reluWgsl } from './relu.wgsl.ts'

/** values = max(values, 0), in the rows there are. */
export function reluKernel(shape: ReluShape): Kernel<typeof RELU_BINDINGS> {
  return {
    name: 'relu',
    bindings: RELU_BINDINGS,
    wgsl: () => reluWgsl(shape),
    workgroups: (rows) => quadGroups((rows * shape.stride) / 4, shape.lanes),
    reference: (views) => reluReference(shape, views),
  }
}
