import type { Kernel } from '../../backend.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import {
  CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS,
  causalAttentionBackwardKeysReference,
} from './causal-attention-backward-keys.reference.ts'
import { causalAttentionBackwardKeysWasm } from './causal-attention-backward-keys.wasm.ts'
import { causalAttentionBackwardKeysWgsl } from './causal-attention-backward-keys.wgsl.ts'
import { tileWorkgroups } from './row-tile.wgsl.ts'

/** Keys that share the queries one invocation loads; a fourth would take software drivers two seconds to compile. */
const TILE_ROWS = 3

/**
 * Gradient of causal attention by keys and values, each summed by one invocation over the rows that see it, in order,
 * and the query heads of its group. With p = e^(score − log Σ): dv = Σ p · dO, dk = Σ p · (dO · v − δ) · q / √headDim
 * (Dao et al., arXiv 2205.14135, appendix B.2).
 */
export function causalAttentionBackwardKeysKernel(
  shape: CausalAttentionShape,
): Kernel<typeof CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS> {
  return {
    name: 'causal-attention-backward-keys',
    bindings: CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS,
    wgsl: () => causalAttentionBackwardKeysWgsl(shape, TILE_ROWS),
    workgroups: (rows) => tileWorkgroups(rows, TILE_ROWS, shape.keyValueHeads, shape.lanes),
    wasm: () => causalAttentionBackwardKeysWasm(shape),
    reference: (views) => causalAttentionBackwardKeysReference(shape, views),
  }
}
