import { declareBindings } from '../declare-bindings.ts'
import { COPY_SPANS_BINDINGS } from './copy-spans.reference.ts'

/** Workgroups that share one span. */
export const SPAN_GROUPS = 4

export function copySpansWgsl(lanes: number): string {
  return `
${declareBindings(COPY_SPANS_BINDINGS, { spans: 'vec4u', data: 'vec4f' })}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= spans[0].x) { return; }
  let span = spans[1u + id.y];
  for (var i = id.x; i < span.z; i += ${lanes * SPAN_GROUPS}u) {
    data[span.y + i] = data[span.x + i];
  }
}
`
}
