import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { CausalAttentionShape } from './causal-attention.reference.ts'
import { CAUSAL_ATTENTION_BINDINGS } from './causal-attention.reference.ts'
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

/**
 * One invocation has one head of a tile of rows, so that each key and value it loads serves all of them; those side by
 * side have the same rows, so that they take as many steps. A step takes four positions, counted from the start of the
 * sequence: a row's sums do not depend on where its sequence lies. What a row does not see changes no bit of them.
 */
export function causalAttentionWgsl(shape: CausalAttentionShape, tileRows: number): string {
  const { heads, lanes } = shape
  const { quads, stride, attendedStride, keys, toValue, group, scale } = quadSizes(shape)
  const elements = { rows: 'vec4u', turned: 'vec4f', attended: 'vec4f', logSums: 'f32' }
  const each = range(tileRows)
  return `
${declareBindings(CAUSAL_ATTENTION_BINDINGS, elements)}
${SUM_WGSL}
fn highest(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
${tileWgsl(heads, tileRows)}
  let quads = ${quads}u + ${HIDDEN_ZERO};
  let key = ${keys}u + (head / ${group}u) * ${quads}u;
  var q: array<vec4f, ${tileRows * quads}>;
  var sum: array<vec4f, ${tileRows * quads}>;
  var weights: array<f32, ${tileRows}>;
  var largest: array<f32, ${tileRows}>;
  for (var row = tile; row <= tile_end; row++) {
    let query = row * ${stride}u + head * ${quads}u;
    for (var i = 0u; i < quads; i++) { q[(row - tile) * ${quads}u + i] = turned[query + i] * ${scale}; }
  }
  // Rows of a tile may belong to several sequences: one after the other.
  for (var begin = tile; begin <= tile_end;) {
    let end = min(rows[1u + begin].z, tile_end);
    for (var i = 0u; i < ${tileRows}u * quads; i++) { sum[i] = vec4f(); }
${lines(each, (r) => `    var most${r} = -3.0e38;\n    var weight${r} = 0.0;`)}
    for (var first = ${firstFourWgsl(shape)}; first <= end; first += 4u) {
      let others = vec4u(0u, 1u, 2u, 3u) + first;
      let at = min(others, vec4u(end)) * ${stride}u + key;
${lines(each, (r) => `      var score${r} = vec4f();`)}
      for (var i = 0u; i < quads; i++) {
${transposedWgsl('key', 'turned', 'at.* + i')}
${lines(each, (r) => `        let q${r} = q[${r * quads}u + i];`)}
${lines(each, (r) => inEach((c) => `        score${r} = fma(vec4f(q${r}.${c}), key_${c}, score${r});`))}
      }
${lines(
  each,
  (r) => `      let seen${r} = ${seesWgsl(shape, r)};
      let now${r} = max(most${r}, highest(select(vec4f(-3.0e38), score${r}, seen${r})));
      let shrink${r} = select(exp(most${r} - now${r}), 1.0, now${r} == most${r});
      let e${r} = select(vec4f(), exp(score${r} - now${r}), seen${r});
      most${r} = now${r};
      weight${r} = fma(weight${r}, shrink${r}, across(e${r}));`,
)}
      for (var i = 0u; i < quads; i++) {
${inEach((c) => `        let value_${c} = turned[at.${c} + ${toValue}u + i];`)}
${lines(
  each,
  (r) => `        var sum${r} = sum[${r * quads}u + i] * shrink${r};
${inEach((c) => `        sum${r} = fma(vec4f(e${r}.${c}), value_${c}, sum${r});`)}
        sum[${r * quads}u + i] = sum${r};`,
)}
      }
    }
${lines(each, (r) => `    weights[${r}] = weight${r};\n    largest[${r}] = most${r};`)}
    for (var row = begin; row <= end; row++) {
      let r = row - tile;
      let to = row * ${attendedStride}u + head * ${quads}u;
      for (var i = 0u; i < quads; i++) { attended[to + i] = sum[r * ${quads}u + i] / weights[r]; }
      logSums[row * ${heads}u + head] = largest[r] + log(weights[r]);
    }
    begin = end + 1u;
  }
}
`
}
