import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { ACROSS_WGSL, COMPONENTS, quadSizes } from './causal-attention.wgsl.ts'
import { CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS } from './causal-attention-backward-queries.reference.ts'

/** One invocation has one head of one row, and takes four positions at a time as the forward kernel does. */
export function causalAttentionBackwardQueriesWgsl(shape: CausalAttentionShape): string {
  const { heads, lanes } = shape
  const { quads, stride, keys, toValue, group, scale } = quadSizes(shape)
  const elements = {
    rows: 'vec4u',
    turned: 'vec4f',
    attended: 'vec4f',
    logSums: 'f32',
    gradient: 'vec4f',
    output: 'vec4f',
    deltas: 'f32',
  }
  return `
${declareBindings(CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS, elements)}
${ACROSS_WGSL}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= rows[0].x) { return; }
  let start = row - rows[1u + row].y;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  let key = ${keys}u + (head / ${group}u) * ${quads}u;
  let query = row * ${stride}u + head * ${quads}u;
  let number = row * ${heads}u + head;
  let log_sum = logSums[number];
  var q: array<vec4f, ${quads}>;
  var above: array<vec4f, ${quads}>;
  var sum: array<vec4f, ${quads}>;
  var products = vec4f();
  for (var i = 0u; i < quads; i++) {
    q[i] = turned[query + i] * ${scale};
    let part = gradient[number * ${quads}u + i];
    above[i] = part;
    products = fma(part, attended[number * ${quads}u + i], products);
  }
  let delta = across(products);
  deltas[number] = delta;
  for (var first = start; first <= row; first += 4u) {
    // Rows past the invocation's own weigh nothing; it reads its own in their place.
    let others = vec4u(0u, 1u, 2u, 3u) + first;
    let at = min(others, vec4u(row)) * ${stride}u + key;
${COMPONENTS.map((c) => `    var score_${c} = vec4f();\n    var mixed_${c} = vec4f();`).join('\n')}
    for (var i = 0u; i < quads; i++) {
      let part = q[i];
      let part_above = above[i];
${COMPONENTS.map(
  (c) => `      score_${c} = fma(part, turned[at.${c} + i], score_${c});
      mixed_${c} = fma(part_above, turned[at.${c} + ${toValue}u + i], mixed_${c});`,
).join('\n')}
    }
    let scores = vec4f(across(score_x), across(score_y), across(score_z), across(score_w));
    let mixed = vec4f(across(mixed_x), across(mixed_y), across(mixed_z), across(mixed_w));
    let p = select(vec4f(), exp(scores - log_sum), others <= vec4u(row));
    let by_score = p * (mixed - delta);
    for (var i = 0u; i < quads; i++) {
      var value = sum[i];
${COMPONENTS.map((c) => `      value = fma(vec4f(by_score.${c}), turned[at.${c} + i], value);`).join('\n')}
      sum[i] = value;
    }
  }
  for (var i = 0u; i < quads; i++) { output[query + i] = sum[i] * ${scale}; }
}
`
}
