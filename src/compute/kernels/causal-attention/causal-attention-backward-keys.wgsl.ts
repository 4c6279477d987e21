import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS } from './causal-attention-backward-keys.reference.ts'
import { inEach, lines, quadSizes, range, tileWgsl, transposedWgsl } from './row-tile.wgsl.ts'

/**
 * One invocation has one key-value head of a tile of rows. A step takes four of the rows that see them, counted from the
 * start of the sequence, and one query head of the group after the other.
 */
export function causalAttentionBackwardKeysWgsl(shape: CausalAttentionShape, tileRows: number): string {
  const { heads, keyValueHeads, window, lanes } = shape
  const { quads, stride, attendedStride, keys, toValue, group, scale } = quadSizes(shape)
  const elements = { rows: 'vec4u', turned: 'vec4f', logSums: 'f32', gradient: 'vec4f', deltas: 'f32', output: 'vec4f' }
  const each = range(tileRows)
  const lastSeeing = window === null ? 'last' : `min(last, end + ${window - 1}u)`
  const seeing = (r: number) => {
    const after = `(others >= vec4u(tile + ${r}u))`
    return window === null ? after : `${after} & (others < vec4u(tile + ${r + window}u))`
  }
  const atEach = (array: string) => `vec4f(${['x', 'y', 'z', 'w'].map((c) => `${array}[number.${c}]`).join(', ')})`
  return `
${declareBindings(CAUSAL_ATTENTION_BACKWARD_KEYS_BINDINGS, elements)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
${tileWgsl(keyValueHeads, tileRows)}
  let quads = ${quads}u + ${HIDDEN_ZERO};
  let key = ${keys}u + head * ${quads}u;
  var k: array<vec4f, ${tileRows * quads}>;
  var v: array<vec4f, ${tileRows * quads}>;
  var key_sum: array<vec4f, ${tileRows * quads}>;
  var value_sum: array<vec4f, ${tileRows * quads}>;
  for (var row = tile; row <= tile_end; row++) {
    for (var i = 0u; i < quads; i++) {
      let at = row * ${stride}u + key + i;
      k[(row - tile) * ${quads}u + i] = turned[at] * ${scale};
      v[(row - tile) * ${quads}u + i] = turned[at + ${toValue}u];
    }
  }
  // Rows of a tile may belong to several sequences: one after the other.
  for (var begin = tile; begin <= tile_end;) {
    let last = rows[1u + begin].z;
    let end = min(last, tile_end);
    for (var i = 0u; i < ${tileRows}u * quads; i++) {
      key_sum[i] = vec4f();
      value_sum[i] = vec4f();
    }
    for (var first = begin - rows[1u + begin].y % 4u; first <= ${lastSeeing}; first += 4u) {
      let others = vec4u(0u, 1u, 2u, 3u) + first;
      let read = min(others, vec4u(last));
      for (var query_head = head * ${group}u; query_head < (head + 1u) * ${group}u; query_head++) {
        let at = read * ${stride}u + query_head * ${quads}u;
        let number = read * ${heads}u + query_head;
        let above = read * ${attendedStride}u + query_head * ${quads}u;
${lines(each, (r) => `        var score${r} = vec4f();\n        var mixed${r} = vec4f();`)}
        for (var i = 0u; i < quads; i++) {
${transposedWgsl('query', 'turned', 'at.* + i')}
${lines(each, (r) => `        let k${r} = k[${r * quads}u + i];`)}
${lines(each, (r) => inEach((c) => `        score${r} = fma(vec4f(k${r}.${c}), query_${c}, score${r});`))}
${transposedWgsl('above', 'gradient', 'above.* + i')}
${lines(each, (r) => `        let v${r} = v[${r * quads}u + i];`)}
${lines(each, (r) => inEach((c) => `        mixed${r} = fma(vec4f(v${r}.${c}), above_${c}, mixed${r});`))}
        }
        let log_sums = ${atEach('logSums')};
        let delta = ${atEach('deltas')};
        let within = others <= vec4u(last);
${lines(
  each,
  (r) => `        let e${r} = select(vec4f(), exp(score${r} - log_sums), within & ${seeing(r)});
        let by_score${r} = e${r} * (mixed${r} - delta);`,
)}
        for (var i = 0u; i < quads; i++) {
${inEach((c) => `          let query_${c} = turned[at.${c} + i];\n          let above_${c} = gradient[above.${c} + i];`)}
${lines(
  each,
  (r) => `          var key_sum${r} = key_sum[${r * quads}u + i];
          var value_sum${r} = value_sum[${r * quads}u + i];
${inEach(
  (c) => `          key_sum${r} = fma(vec4f(by_score${r}.${c}), query_${c}, key_sum${r});
          value_sum${r} = fma(vec4f(e${r}.${c}), above_${c}, value_sum${r});`,
)}
          key_sum[${r * quads}u + i] = key_sum${r};
          value_sum[${r * quads}u + i] = value_sum${r};`,
)}
        }
      }
    }
    for (var row = begin; row <= end; row++) {
      for (var i = 0u; i < quads; i++) {
        let at = row * ${stride}u + key + i;
        output[at] = key_sum[(row - tile) * ${quads}u + i] * ${scale};
        output[at + ${toValue}u] = value_sum[(row - tile) * ${quads}u + i];
      }
    }
    begin = end + 1u;
  }
}
`
}
