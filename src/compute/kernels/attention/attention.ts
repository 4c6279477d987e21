import type { Kernel } from '../../backend.ts'
import type { AttentionShape } from './attention.reference.ts'
import { ATTENTION_BINDINGS, attentionReference } from './attention.reference.ts'
import { serialAttentionWgsl } from './attention.wgsl.ts'

/** Invocations of a workgroup where each has a row and head of its own. */
const SERIAL_LANES = 4

/**
 * Paged causal attention with grouped queries, for prefill and decode alike: every row attends over its sequence's page
 * table, from position 0 to its own. output [row, head, headWidth] = softmax(q · K / √headDim) · V.
 */
export function attentionKernel(shape: AttentionShape): Kernel<typeof ATTENTION_BINDINGS> {
  return {
    name: 'attention',
    bindings: ATTENTION_BINDINGS,
    wgsl: () => serialAttentionWgsl(shape, SERIAL_LANES),
    workgroups: (rows) => [Math.ceil((rows * shape.heads) / SERIAL_LANES), 1, 1],
    reference: (views) => attentionReference(shape, views),
  }
}
