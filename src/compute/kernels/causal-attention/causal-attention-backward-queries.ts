import type { Kernel } from '../../backend.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import {
  CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS,
  causalAttentionBackwardQueriesReference,
} from './causal-attention-backward-queries.reference.ts'
import { causalAttentionBackwardQueriesWgsl } from './causal-attention-backward-queries.wgsl.ts'

/**
 * Gradient of causal attention by the queries, and δ = Σ dO · O of each row and head. With p = e^(score − log Σ):
 * dq = Σ over the rows it sees of p · (dO · v − δ) · k / √headDim (Dao et al., arXiv 2205.14135, appendix B.2).
 */
export function causalAttentionBackwardQueriesKernel(
  shape: CausalAttentionShape,
): Kernel<typeof CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS> {
  return {
    name: 'causal-attention-backward-queries',
    bindings: CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS,
    wgsl: () => causalAttentionBackwardQueriesWgsl(shape),
    workgroups: (rows) => [Math.ceil(rows / shape.lanes), shape.heads, 1],
    reference: (views) => causalAttentionBackwardQueriesReference(shape, views),
  }
}
