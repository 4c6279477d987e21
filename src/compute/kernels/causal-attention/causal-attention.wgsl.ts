import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { CAUSAL_ATTENTION_BINDINGS } from './causal-attention.reference.ts'

/** Sizes in quads of four floats, as WGSL counts them. */
export function quadSizes({ heads, keyValueHeads, headDim, headWidth, stride }: CausalAttentionShape) {
  const quads = headWidth / 4
  return {
    quads,
    stride: stride / 4,
    /** From the start of a row to its keys, and from a key to its value. */
    keys: heads * quads,
    toValue: keyValueHeads * quads,
    /** Query heads of one key-value head. */
    group: heads / keyValueHeads,
    scale: 1 / Math.sqrt(headDim),
  }
}

export const COMPONENTS = ['x', 'y', 'z', 'w'] as const

export const ACROSS_WGSL = 'fn across(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }'

/**
 * One invocation has one head of one row, those side by side the same head of further rows. It takes four positions at a
 * time, counted from the start of the sequence, so that its bits do not depend on where the sequence lies.
 */
export function causalAttentionWgsl(shape: CausalAttentionShape): string {
  const { heads, lanes } = shape
  const { quads, stride, keys, toValue, group, scale } = quadSizes(shape)
  const elements = { rows: 'vec4u', turned: 'vec4f', attended: 'vec4f', logSums: 'f32' }
  return `
${declareBindings(CAUSAL_ATTENTION_BINDINGS, elements)}
${ACROSS_WGSL}
fn highest(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= rows[0].x) { return; }
  let start = row - rows[1u + row].y;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  let key = ${keys}u + (head / ${group}u) * ${quads}u;
  let query = row * ${stride}u + head * ${quads}u;
  var q: array<vec4f, ${quads}>;
  var sum: array<vec4f, ${quads}>;
  for (var i = 0u; i < quads; i++) { q[i] = turned[query + i] * ${scale}; }
  var most = -3.0e38;
  var weight = 0.0;
  for (var first = start; first <= row; first += 4u) {
    // Rows past the invocation's own weigh nothing; it reads its own in their place.
    let others = vec4u(0u, 1u, 2u, 3u) + first;
    let at = min(others, vec4u(row)) * ${stride}u + key;
${COMPONENTS.map((c) => `    var dot_${c} = vec4f();`).join('\n')}
    for (var i = 0u; i < quads; i++) {
      let part = q[i];
${COMPONENTS.map((c) => `      dot_${c} = fma(part, turned[at.${c} + i], dot_${c});`).join('\n')}
    }
    let dots = vec4f(across(dot_x), across(dot_y), across(dot_z), across(dot_w));
    let now = max(most, highest(select(vec4f(-3.0e38), dots, others <= vec4u(row))));
    let shrink = exp(most - now);
    let e = select(vec4f(), exp(dots - now), others <= vec4u(row));
    most = now;
    weight = fma(weight, shrink, across(e));
    for (var i = 0u; i < quads; i++) {
      var value = sum[i] * shrink;
${COMPONENTS.map((c) => `      value = fma(vec4f(e.${c}), turned[at.${c} + ${toValue}u + i], value);`).join('\n')}
      sum[i] = value;
    }
  }
  let to = (row * ${heads}u + head) * ${quads}u;
  for (var i = 0u; i < quads; i++) { attended[to + i] = sum[i] / weight; }
  logSums[row * ${heads}u + head] = most + log(weight);
}
`
}
