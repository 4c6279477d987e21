import type { Kernel } from '../../backend.ts'
import type { SamplerShape } from './sampler.reference.ts'
import { SAMPLER_BINDINGS, samplerReference } from './sampler.reference.ts'
import { samplerWasm } from './sampler.wasm.ts'
import { samplerWgsl } from './sampler.wgsl.ts'

/**
 * Draws one token per row: argmax of logit / temperature + Gumbel noise, which is a draw from the softmax (Maddison et
 * al., arXiv 1411.0030), over the tokens that topK and then topP leave; temperature 0 takes the best, ties to the lowest
 * id. Writes the token with its log-probability under the full softmax of the raw logits, and the sequence's new state.
 */
export function samplerKernel(shape: SamplerShape): Kernel<typeof SAMPLER_BINDINGS> {
  return {
    name: 'sampler',
    bindings: SAMPLER_BINDINGS,
    wgsl: () => samplerWgsl(shape),
    workgroups: (rows) => [rows, 1, 1],
    wasm: () => samplerWasm(shape),
    reference: (views) => samplerReference(shape, views),
  }
}
