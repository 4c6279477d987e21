import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS } from './causal-attention-backward-queries.reference.ts'
import {
  firstFourWgsl,
  inEach,
  lines,
  quadSizes,
  range,
  SUM_WGSL,
  seesWgsl,
  tileWgsl,
  transposedWgsl,
} from './row-tile.wgsl.ts'

/** One invocation has one head of a tile of rows and takes four positions at a time, as in the forward kernel. */
export function causalAttentionBackwardQueriesWgsl(shape: CausalAttentionShape, tileRows: number): string {
  const { heads, lanes } = shape
  const { quads, stride, attendedStride, keys, toValue, group, scale } = quadSizes(shape)
  const elements = {
    rows: 'vec4u',
    turned: 'vec4f',
    attended: 'vec4f',
    logSums: 'f32',
    gradient: 'vec4f',
    output: 'vec4f',
    deltas: 'f32',
  }
  const each = range(tileRows)
  return `
${declareBindings(CAUSAL_ATTENTION_BACKWARD_QUERIES_BINDINGS, elements)}
${SUM_WGSL}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
${tileWgsl(heads, tileRows)}
  let quads = ${quads}u + ${HIDDEN_ZERO};
  let key = ${keys}u + (head / ${group}u) * ${quads}u;
  var q: array<vec4f, ${tileRows * quads}>;
  var above: array<vec4f, ${tileRows * quads}>;
  var sum: array<vec4f, ${tileRows * quads}>;
  var log_sums: array<f32, ${tileRows}>;
  var delta: array<f32, ${tileRows}>;
  for (var row = tile; row <= tile_end; row++) {
    let r = row - tile;
    let number = row * ${heads}u + head;
    let place = row * ${attendedStride}u + head * ${quads}u;
    var products = vec4f();
    for (var i = 0u; i < quads; i++) {
      q[r * ${quads}u + i] = turned[row * ${stride}u + head * ${quads}u + i] * ${scale};
      let part = gradient[place + i];
      above[r * ${quads}u + i] = part;
      products = fma(part, attended[place + i], products);
    }
    log_sums[r] = logSums[number];
    delta[r] = across(products);
    deltas[number] = delta[r];
  }
  // Rows of a tile may belong to several sequences: one after the other.
  for (var begin = tile; begin <= tile_end;) {
    let end = min(rows[1u + begin].z, tile_end);
    for (var i = 0u; i < ${tileRows}u * quads; i++) { sum[i] = vec4f(); }
    for (var first = ${firstFourWgsl(shape)}; first <= end; first += 4u) {
      let others = vec4u(0u, 1u, 2u, 3u) + first;
      let at = min(others, vec4u(end)) * ${stride}u + key;
${lines(each, (r) => `      var score${r} = vec4f();\n      var mixed${r} = vec4f();`)}
      for (var i = 0u; i < quads; i++) {
${transposedWgsl('key', 'turned', 'at.* + i')}
${lines(each, (r) => `        let q${r} = q[${r * quads}u + i];`)}
${lines(each, (r) => inEach((c) => `        score${r} = fma(vec4f(q${r}.${c}), key_${c}, score${r});`))}
${transposedWgsl('value', 'turned', `at.* + ${toValue}u + i`)}
${lines(each, (r) => `        let above${r} = above[${r * quads}u + i];`)}
${lines(each, (r) => inEach((c) => `        mixed${r} = fma(vec4f(above${r}.${c}), value_${c}, mixed${r});`))}
      }
${lines(
  each,
  (r) => `      let e${r} = select(vec4f(), exp(score${r} - log_sums[${r}]), ${seesWgsl(shape, r)});
      let by_score${r} = e${r} * (mixed${r} - delta[${r}]);`,
)}
      for (var i = 0u; i < quads; i++) {
${inEach((c) => `        let key_${c} = turned[at.${c} + i];`)}
${lines(
  each,
  (r) => `        var sum${r} = sum[${r * quads}u + i];
${inEach((c) => `        sum${r} = fma(vec4f(by_score${r}.${c}), key_${c}, sum${r});`)}
        sum[${r * quads}u + i] = sum${r};`,
)}
      }
    }
    for (var row = begin; row <= end; row++) {
      let query = row * ${stride}u + head * ${quads}u;
      for (var i = 0u; i < quads; i++) { output[query + i] = sum[(row - tile) * ${quads}u + i] * ${scale}; }
    }
    begin = end + 1u;
  }
}
`
}
