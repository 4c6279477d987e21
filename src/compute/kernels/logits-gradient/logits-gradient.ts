import type { Kernel } from '../../backend.ts'
import type { LogitsGradientShape } from './logits-gradient.reference.ts'
import { LOGITS_GRADIENT_BINDINGS, logitsGradientReference } from './logits-gradient.reference.ts'
import { logitsGradientWasm } from './logits-gradient.wasm.ts'
import { logitsGradientWgsl, QUADS_PER_LANE } from './logits-gradient.wgsl.ts'

/**
 * Backward through a softmax, in place: dLoss/dlogit = a · (δ − p) − b · p · (log p + H), where a and b are the loss's
 * derivatives by the target's log-probability and by the entropy H, δ is 1 for the target, and p the softmax.
 */
export function logitsGradientKernel(shape: LogitsGradientShape): Kernel<typeof LOGITS_GRADIENT_BINDINGS> {
  return {
    name: 'logits-gradient',
    bindings: LOGITS_GRADIENT_BINDINGS,
    wgsl: () => logitsGradientWgsl(shape),
    workgroups: (rows) => [Math.ceil(shape.stride / 4 / (shape.lanes * QUADS_PER_LANE)), rows, 1],
    wasm: () => logitsGradientWasm(shape),
    reference: (views) => logitsGradientReference(shape, views),
  }
}
