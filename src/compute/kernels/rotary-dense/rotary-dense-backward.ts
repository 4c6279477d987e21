import type { Kernel } from '../../backend.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'
import { ROTARY_DENSE_BACKWARD_BINDINGS, rotaryDenseBackwardReference } from './rotary-dense-backward.reference.ts'
import { rotaryDenseBackwardWasm } from './rotary-dense-backward.wasm.ts'
import { rotaryDenseBackwardWgsl } from './rotary-dense-backward.wgsl.ts'

/**
 * From the gradient of rotary-dense's output to that of its input: heads are turned back, then, where there is a norm,
 * dx = scale · (u − x · scale² · mean(u · x)) with u = dy · gain and scale = 1 / √(mean x² + ε). What each head adds to
 * the gradient of the gains, dy · x · scale, replaces the given gradient, for head-gain-gradient to add up.
 */
export function rotaryDenseBackwardKernel(shape: RotaryDenseShape): Kernel<typeof ROTARY_DENSE_BACKWARD_BINDINGS> {
  return {
    name: 'rotary-dense-backward',
    bindings: ROTARY_DENSE_BACKWARD_BINDINGS,
    wgsl: () => rotaryDenseBackwardWgsl(shape),
    workgroups: (rows) => [Math.ceil(rows / shape.lanes), Math.ceil(shape.stride / shape.headWidth), 1],
    wasm: () => rotaryDenseBackwardWasm(shape),
    reference: (views) => rotaryDenseBackwardReference(shape, views),
  }
}
