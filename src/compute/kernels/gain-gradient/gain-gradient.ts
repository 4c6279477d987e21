import type { Kernel } from '../../backend.ts'
import type { GainGradientShape } from './gain-gradient.reference.ts'
import { GAIN_GRADIENT_BINDINGS, gainGradientReference } from './gain-gradient.reference.ts'
import { gainGradientWasm } from './gain-gradient.wasm.ts'
import { gainGradientWgsl } from './gain-gradient.wgsl.ts'

/**
 * Gradient of rmsnorm's gain: output[h] += Σ over rows of gradient[row or its slot, h] · input[row, h] · scales[row].
 * One invocation has four columns and sums over the rows in order, however many are dispatched.
 */
export function gainGradientKernel(shape: GainGradientShape): Kernel<typeof GAIN_GRADIENT_BINDINGS> {
  return {
    name: 'gain-gradient',
    bindings: GAIN_GRADIENT_BINDINGS,
    wgsl: () => gainGradientWgsl(shape),
    workgroups: () => [Math.ceil(shape.hidden / 4 / shape.lanes), 1, 1],
    wasm: () => gainGradientWasm(shape),
    reference: (views) => gainGradientReference(shape, views),
  }
}
