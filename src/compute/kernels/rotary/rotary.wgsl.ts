import { declareBindings } from '../declare-bindings.ts'
import { positionStride } from '../page-pool.ts'
import { PAGE_POSITIONS } from '../rows.ts'
import type { RotaryShape } from './rotary.reference.ts'
import { ROTARY_BINDINGS } from './rotary.reference.ts'

export function rotaryWgsl(shape: RotaryShape): string {
  const { heads, keyValueHeads, headDim, headWidth, inputStride, norm, pagesPerSequence, lanes } = shape
  const half = headDim / 2
  const pairs = Math.min(shape.pairs, half)
  const elements = {
    rows: 'vec4u',
    targets: 'vec4u',
    pageTables: 'u32',
    layer: 'u32',
    input: 'f32',
    angles: 'vec2f',
    gains: 'f32',
    queries: 'f32',
    pool: 'f32',
  }
  const scale = `
  var scale = 1.0;
  var gain = 0u;
  if (head < ${heads + keyValueHeads}u) {
    var sum = 0.0;
    for (var d = 0u; d < ${headDim}u; d++) {
      let x = input[base + d];
      sum = fma(x, x, sum);
    }
    scale = 1.0 / sqrt(sum * ${1 / headDim} + ${norm?.epsilon ?? 0});
    gain = select(0u, ${headDim}u, head >= ${heads}u);
  }`
  return `
${declareBindings(ROTARY_BINDINGS, elements)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.x;
  if (id.y >= targets[0].x || head >= ${heads + 2 * keyValueHeads}u) { return; }
  let row = targets[1u + id.y].x;
  let table = targets[1u + id.y].z;
  // The row's queries are the same for all its targets: the leader writes them.
  if (head < ${heads}u && table != rows[1u + row].z) { return; }
  let position = rows[1u + row].y;
  let page = layer[0] + pageTables[table * ${pagesPerSequence}u + position / ${PAGE_POSITIONS}u];
  let place = (page * ${PAGE_POSITIONS}u + position % ${PAGE_POSITIONS}u) * ${positionStride(shape)}u;
  let base = row * ${inputStride}u + head * ${headWidth}u;
  let begin = id.z * ${pairs}u;
  let end = min(begin + ${pairs}u, ${half}u);
${norm === null ? '' : scale}
  for (var d = begin; d < end; d++) {
    var first = input[base + d];
    var second = input[base + d + ${half}u];
    if (head < ${heads + keyValueHeads}u) {
      ${norm === null ? '' : `first = first * (scale * gains[gain + d]);\n      second = second * (scale * gains[gain + d + ${half}u]);`}
      let angle = angles[position * ${half}u + d];
      let turned = first * angle.x - second * angle.y;
      second = second * angle.x + first * angle.y;
      first = turned;
    }
    if (head < ${heads}u) {
      let to = row * ${heads * headWidth}u + head * ${headWidth}u + d;
      queries[to] = first;
      queries[to + ${half}u] = second;
    } else {
      // Key heads and value heads follow each other in the pool as they do in the input.
      let to = place + (head - ${heads}u) * ${headWidth}u + d;
      pool[to] = first;
      pool[to + ${half}u] = second;
    }
  }
}
`
}
