/** Quads (four floats) of a flat buffer that one invocation does, where invocations have nothing to do with each other. */
const QUADS_EACH = 64

/** Workgroups that cover a flat buffer. */
export function quadGroups(quads: number, lanes: number): readonly [number, number, number] {
  return [Math.ceil(quads / (lanes * QUADS_EACH)), 1, 1]
}

/**
 * WGSL: `main` of a kernel over the first `end` quads of flat buffers. A workgroup has a span of them, its invocations
 * take turns; `body` is run for each quad `i`, `before` once.
 */
export function eachQuadWgsl(lanes: number, body: string, { before = '', end = 'rows[0].x' } = {}): string {
  return `
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let start = group.x * ${lanes * QUADS_EACH}u;
  let end = min(start + ${lanes * QUADS_EACH}u, ${end});
  ${before}
  for (var i = start + local.x; i < end; i += ${lanes}u) {
    ${body}
  }
}
`
}
