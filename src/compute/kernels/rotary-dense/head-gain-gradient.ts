import type { Kernel } from '../../backend.ts'
import type { HeadGainGradientShape } from './head-gain-gradient.reference.ts'
import { HEAD_GAIN_GRADIENT_BINDINGS, headGainGradientReference } from './head-gain-gradient.reference.ts'
import { headGainGradientWasm } from './head-gain-gradient.wasm.ts'
import { headGainGradientWgsl } from './head-gain-gradient.wgsl.ts'

/**
 * Adds up what rows and heads contribute to the gradient of the query and key norms' gains. Each of the 2 · headDim sums
 * belongs to one invocation, whatever the number of rows: over the heads of a row, then over the rows.
 */
export function headGainGradientKernel(shape: HeadGainGradientShape): Kernel<typeof HEAD_GAIN_GRADIENT_BINDINGS> {
  return {
    name: 'head-gain-gradient',
    bindings: HEAD_GAIN_GRADIENT_BINDINGS,
    wgsl: () => headGainGradientWgsl(shape),
    workgroups: () => [Math.ceil((2 * shape.headDim) / shape.lanes), 1, 1],
    wasm: () => headGainGradientWasm(shape),
    reference: (views) => headGainGradientReference(shape, views),
  }
}
