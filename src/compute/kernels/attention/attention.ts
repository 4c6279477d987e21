import type { Kernel } from '../../backend.ts'
import { ATTENTION_BINDINGS, attentionReference } from './attention.reference.ts'
import { attentionWasm } from './attention.wasm.ts'
import { cooperativeAttentionWgsl, serialAttentionWgsl } from './attention.wgsl.ts'
import type { AttentionShape } from './attention-shape.ts'

/**
 * Paged causal attention with grouped queries, for prefill and decode alike: every row attends over its sequence's page
 * table, from position 0 to its own. output [row, head, headWidth] = softmax(q · K / √headDim) · V.
 *
 * A page at a time gives a partial result, and partials merge in the order of the pages (flash-decoding). Leading pages
 * that `pageAttentionKernel` has been through are not read again: their partials are there. Either way the arithmetic is
 * the same, so which pages are covered shows in no bit.
 */
export function attentionKernel(shape: AttentionShape): Kernel<typeof ATTENTION_BINDINGS> {
  const { heads, lanes, serialLanes } = shape
  const serial = lanes === 1
  return {
    name: 'attention',
    bindings: ATTENTION_BINDINGS,
    wgsl: () => (serial ? serialAttentionWgsl(shape) : cooperativeAttentionWgsl(shape)),
    workgroups: (rows) => (serial ? [Math.ceil((rows * heads) / serialLanes), 1, 1] : [heads, rows, 1]),
    wasm: () => attentionWasm(shape),
    reference: (views) => attentionReference(shape, views),
  }
}
