import type { Kernel } from '../../backend.ts'
import type { AttentionShape } from './attention-shape.ts'
import { PAGE_ATTENTION_BINDINGS, pageAttentionReference } from './page-attention.reference.ts'
import { pageAttentionWasm } from './page-attention.wasm.ts'
import { cooperativePageAttentionWgsl, serialPageAttentionWgsl } from './page-attention.wgsl.ts'

/**
 * Pages that several sequences share, before `attentionKernel`: each item's keys and values are read once per key-value head
 * and applied to every sequence on its list that leads a row (after DeFT, arXiv 2404.00242). All positions of an item's page
 * are visible to all sequences on its list. Its "rows" are the items.
 */
export function pageAttentionKernel(shape: AttentionShape): Kernel<typeof PAGE_ATTENTION_BINDINGS> {
  const { keyValueHeads, lanes, serialLanes } = shape
  const serial = lanes === 1
  return {
    name: 'page-attention',
    bindings: PAGE_ATTENTION_BINDINGS,
    wgsl: () => (serial ? serialPageAttentionWgsl(shape) : cooperativePageAttentionWgsl(shape)),
    workgroups: (items) =>
      serial ? [Math.ceil((items * keyValueHeads) / serialLanes), 1, 1] : [items, keyValueHeads, 1],
    wasm: () => pageAttentionWasm(shape),
    reference: (views) => pageAttentionReference(shape, views),
  }
}
