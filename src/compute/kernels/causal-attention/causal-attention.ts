import type { Kernel } from '../../backend.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { CAUSAL_ATTENTION_BINDINGS, causalAttentionReference } from './causal-attention.reference.ts'
import { causalAttentionWasm } from './causal-attention.wasm.ts'
import { causalAttentionWgsl } from './causal-attention.wgsl.ts'
import { tileWorkgroups } from './row-tile.wgsl.ts'

/** Rows that share the keys and values one invocation loads; more gain little and take longer to compile. */
const TILE_ROWS = 4

/**
 * Causal attention with grouped queries over packed sequences, for training: row r sees the rows r − position(r) … r.
 * attended [row, head, headWidth] = softmax(q · K / √headDim) · V, and log Σ e^score for the backward kernels, which
 * compute the scores again from it (Dao et al., arXiv 2205.14135, algorithm 4).
 */
export function causalAttentionKernel(shape: CausalAttentionShape): Kernel<typeof CAUSAL_ATTENTION_BINDINGS> {
  return {
    name: 'causal-attention',
    bindings: CAUSAL_ATTENTION_BINDINGS,
    wgsl: () => causalAttentionWgsl(shape, TILE_ROWS),
    workgroups: (rows) => tileWorkgroups(rows, TILE_ROWS, shape.heads, shape.lanes),
    wasm: () => causalAttentionWasm(shape),
    reference: (views) => causalAttentionReference(shape, views),
  }
}
