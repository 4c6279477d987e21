import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { ACROSS_WGSL, COMPONENTS, quadSizes } from './causal-attention.wgsl.ts'
import { CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS } from './causal-attention-backward-keys.reference.ts'

/**
 * One invocation has one key-value head of one row, those side by side the same head of further rows. It takes four of
 * the rows that see it at a time, from its own on, for one query head of the group after the other.
 */
export function causalAttentionBackwardKeysWgsl(shape: CausalAttentionShape): string {
  const { heads, lanes } = shape
  const { quads, stride, keys, toValue, group, scale } = quadSizes(shape)
  const elements = { rows: 'vec4u', turned: 'vec4f', logSums: 'f32', gradient: 'vec4f', deltas: 'f32', output: 'vec4f' }
  const each = (array: string) => `vec4f(${COMPONENTS.map((c) => `${array}[number.${c}]`).join(', ')})`
  return `
${declareBindings(CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS, elements)}
${ACROSS_WGSL}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let key_head = id.y;
  if (row >= rows[0].x) { return; }
  let last = rows[1u + row].z;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  let key = row * ${stride}u + ${keys}u + key_head * ${quads}u;
  let value = key + ${toValue}u;
  var k: array<vec4f, ${quads}>;
  var v: array<vec4f, ${quads}>;
  var key_sum: array<vec4f, ${quads}>;
  var value_sum: array<vec4f, ${quads}>;
  for (var i = 0u; i < quads; i++) {
    k[i] = turned[key + i] * ${scale};
    v[i] = turned[value + i];
  }
  for (var first = row; first <= last; first += 4u) {
    // Rows past the sequence's last weigh nothing; the last is read in their place.
    let others = vec4u(0u, 1u, 2u, 3u) + first;
    let read = min(others, vec4u(last));
    for (var head = key_head * ${group}u; head < (key_head + 1u) * ${group}u; head++) {
      let at = read * ${stride}u + head * ${quads}u;
      let number = read * ${heads}u + head;
      let above = number * ${quads}u;
${COMPONENTS.map((c) => `      var score_${c} = vec4f();\n      var mixed_${c} = vec4f();`).join('\n')}
      for (var i = 0u; i < quads; i++) {
        let key_part = k[i];
        let value_part = v[i];
${COMPONENTS.map(
  (c) => `        score_${c} = fma(key_part, turned[at.${c} + i], score_${c});
        mixed_${c} = fma(value_part, gradient[above.${c} + i], mixed_${c});`,
).join('\n')}
      }
      let scores = vec4f(across(score_x), across(score_y), across(score_z), across(score_w));
      let mixed = vec4f(across(mixed_x), across(mixed_y), across(mixed_z), across(mixed_w));
      let p = select(vec4f(), exp(scores - ${each('logSums')}), others <= vec4u(last));
      let by_score = p * (mixed - ${each('deltas')});
      for (var i = 0u; i < quads; i++) {
        var key_part = key_sum[i];
        var value_part = value_sum[i];
${COMPONENTS.map(
  (c) => `        key_part = fma(vec4f(by_score.${c}), turned[at.${c} + i], key_part);
        value_part = fma(vec4f(p.${c}), gradient[above.${c} + i], value_part);`,
).join('\n')}
        key_sum[i] = key_part;
        value_sum[i] = value_part;
      }
    }
  }
  for (var i = 0u; i < quads; i++) {
    output[key + i] = key_sum[i] * ${scale};
    output[value + i] = value_sum[i];
  }
}
`
}
