import type { Kernel } from '../../backend.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import {
  CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS,
  causalAttentionBackwardQueriesReference,
} from './causal-attention-backward-queries.reference.ts'
import { causalAttentionBackwardQueriesWasm } from './causal-attention-backward-queries.wasm.ts'
import { causalAttentionBackwardQueriesWgsl } from './causal-attention-backward-queries.wgsl.ts'
import { tileWorkgroups } from './row-tile.wgsl.ts'

/** Rows that share the keys and values one invocation loads. */
const TILE_ROWS = 4

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
    wgsl: () => causalAttentionBackwardQueriesWgsl(shape, TILE_ROWS),
    workgroups: (rows) => tileWorkgroups(rows, TILE_ROWS, shape.heads, shape.lanes),
    wasm: () => causalAttentionBackwardQueriesWasm(shape),
    reference: (views) => causalAttentionBackwardQueriesReference(shape, views),
  }
}
