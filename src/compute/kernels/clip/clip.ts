import type { Kernel } from '../../backend.ts'
import type { ClipShape } from './clip.reference.ts'
import { CLIP_BINDINGS, clipReference } from './clip.reference.ts'
import { clipWgsl } from './clip.wgsl.ts'

/**
 * Norm of all gradients together from their partial sums of squares, and what they are to be multiplied by:
 * min(1, maxNorm / (norm + 1e-6)) as PyTorch's `clip_grad_norm_`, or 1 where maxNorm is 0.
 */
export function clipKernel(shape: ClipShape): Kernel<typeof CLIP_BINDINGS> {
  return {
    name: 'clip',
    bindings: CLIP_BINDINGS,
    wgsl: () => clipWgsl(shape),
    workgroups: () => [1, 1, 1],
    reference: clipReference,
  }
}
