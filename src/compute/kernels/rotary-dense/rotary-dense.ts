import type { Kernel } from '../../backend.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'
import { ROTARY_DENSE_BINDINGS, rotaryDenseReference } from './rotary-dense.reference.ts'
import { rotaryDenseWasm } from './rotary-dense.wasm.ts'
import { rotaryDenseWgsl } from './rotary-dense.wgsl.ts'

/**
 * The rotary kernel for training, where rows lie one after another and no page pool holds keys and values:
 * output [rows, stride] = query and key heads normed (where the family does) and turned by the row's position, value
 * heads as they are, zeros in between and after them.
 */
export function rotaryDenseKernel(shape: RotaryDenseShape): Kernel<typeof ROTARY_DENSE_BINDINGS> {
  return {
    name: 'rotary-dense',
    bindings: ROTARY_DENSE_BINDINGS,
    wgsl: () => rotaryDenseWgsl(shape),
    workgroups: (rows) => [Math.ceil(rows / shape.lanes), Math.ceil(shape.stride / shape.headWidth), 1],
    wasm: () => rotaryDenseWasm(shape),
    reference: (views) => rotaryDenseReference(shape, views),
  }
}
