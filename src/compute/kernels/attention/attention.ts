import type { Kernel } from '../../backend.ts'
import type { AttentionShape } from './attention.reference.ts'
import { ATTENTION_BINDINGS, attentionReference } from './attention.reference.ts'
import { cooperativeAttentionWgsl, serialAttentionWgsl } from './attention.wgsl.ts'

/**
 * Paged causal attention with grouped queries, for prefill and decode alike: every row attends over its sequence's page
 * table, from position 0 to its own. output [row, head, headWidth] = softmax(q · K / √headDim) · V.
 */
export function attentionKernel(shape: AttentionShape): Kernel<typeof ATTENTION_BINDINGS> {
  const { heads, lanes, serialLanes } = shape
  const serial = lanes === 1
  return {
    name: 'attention',
    bindings: ATTENTION_BINDINGS,
    wgsl: () => (serial ? serialAttentionWgsl(shape) : cooperativeAttentionWgsl(shape)),
    workgroups: (rows) => (serial ? [Math.ceil((rows * heads) / serialLanes), 1, 1] : [heads, rows, 1]),
    reference: (views) => attentionReference(shape, views),
  }
}
