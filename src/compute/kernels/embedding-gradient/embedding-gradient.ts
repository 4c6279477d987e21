import type { Kernel } from '../../backend.ts'
import type { EmbeddingGradientShape } from './embedding-gradient.reference.ts'
import { EMBEDDING_GRADIENT_BINDINGS, embeddingGradientReference } from './embedding-gradient.reference.ts'
import { embeddingGradientWasm } from './embedding-gradient.wasm.ts'
import { embeddingGradientWgsl } from './embedding-gradient.wgsl.ts'

/**
 * Gradient of the token embeddings: output[h, token − first] += Σ of gradient[row, h] over the token's rows, in the
 * order that the host sorted them in. A token has one segment, so nothing is written by two invocations.
 */
export function embeddingGradientKernel(shape: EmbeddingGradientShape): Kernel<typeof EMBEDDING_GRADIENT_BINDINGS> {
  return {
    name: 'embedding-gradient',
    bindings: EMBEDDING_GRADIENT_BINDINGS,
    wgsl: () => embeddingGradientWgsl(shape),
    workgroups: (segments) => [Math.ceil(shape.hidden / 4 / shape.lanes), segments, 1],
    wasm: () => embeddingGradientWasm(shape),
    reference: (views) => embeddingGradientReference(shape, views),
  }
}
