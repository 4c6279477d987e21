import type { Kernel } from '../../backend.ts'
import { COPY_SPANS_BINDINGS, copySpansReference } from './copy-spans.reference.ts'
import { copySpansWasm } from './copy-spans.wasm.ts'
import { copySpansWgsl, SPAN_GROUPS } from './copy-spans.wgsl.ts'

/**
 * Copies spans within one buffer: leading positions of pages, hidden-state slots. The spans of one run are done in no
 * order, so none may write what another reads or writes.
 */
export function copySpansKernel(lanes: number): Kernel<typeof COPY_SPANS_BINDINGS> {
  return {
    name: 'copy-spans',
    bindings: COPY_SPANS_BINDINGS,
    wgsl: () => copySpansWgsl(lanes),
    workgroups: (spans) => [SPAN_GROUPS, spans, 1],
    reference: copySpansReference,
    wasm: copySpansWasm,
  }
}
