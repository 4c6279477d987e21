import type { Kernel } from '../../backend.ts'
import type { EmbeddingShape } from './embedding.reference.ts'
import { EMBEDDING_BINDINGS, embeddingReference } from './embedding.reference.ts'
import { embeddingWasm } from './embedding.wasm.ts'
import { embeddingWgsl } from './embedding.wgsl.ts'

/**
 * Gathers token embeddings: output[row, h] = table[h, token(row) − first].
 * The table lies as the head's matrix does, [hidden, vocabulary], so that tied embeddings are stored once.
 */
export function embeddingKernel(shape: EmbeddingShape): Kernel<typeof EMBEDDING_BINDINGS> {
  return {
    name: 'embedding',
    bindings: EMBEDDING_BINDINGS,
    wgsl: () => {
      if (shape.panelColumns !== undefined) throw new RangeError('WebGPU reads whole rows of weights')
      return embeddingWgsl(shape)
    },
    workgroups: (rows) => [Math.ceil(shape.hidden / 4 / shape.lanes), rows, 1],
    wasm: () => embeddingWasm(shape),
    reference: (views) => embeddingReference(shape, views),
  }
}
