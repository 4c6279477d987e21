import { declareBindings } from '../declare-bindings.ts'
import { positionStride } from '../page-pool.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import { HIDDEN_ZERO, PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention.reference.ts'
import { ATTENTION_BINDINGS } from './attention.reference.ts'

/** Less than any score, and still a number: e to it is zero. */
const LEAST = '-3.0e38'

/**
 * One invocation has a whole row and head: the running softmax (Milakov & Gimelshein, arXiv 1805.02867) takes four
 * positions at a time. The steps lie at multiples of four from position 0, whatever else is in the pass.
 */
export function serialAttentionWgsl(shape: AttentionShape): string {
  const { heads, keyValueHeads, headDim, headWidth, pagesPerSequence, serialLanes } = shape
  const quads = headWidth / 4
  const stride = positionStride(shape) / 4
  const valueOffset = (keyValueHeads * headWidth) / 4

  return `
${declareBindings(ATTENTION_BINDINGS, { rows: 'vec4u', pageTables: 'u32', layer: 'u32', queries: 'vec4f', pool: 'vec4f', output: 'vec4f' })}

@compute @workgroup_size(${serialLanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / ${heads}u;
  let head = id.x % ${heads}u;
  if (row >= rows[0].x) { return; }
  let last = rows[1u + row].y;
  let table = rows[1u + row].z * ${pagesPerSequence}u;
  let place = id.x * ${quads}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  var q: array<vec4f, ${quads}>;
  var sum: array<vec4f, ${quads}>;
  for (var i = 0u; i < quads; i++) { q[i] = queries[place + i] * ${1 / Math.sqrt(headDim)}; }
  var most = ${LEAST};
  var weight = 0.0;
  for (var start = 0u; start <= last; start += 4u) {
    let page = layer[0] + pageTables[table + start / ${PAGE_POSITIONS}u];
    let base = page * ${PAGE_POSITIONS * stride}u + (head / ${heads / keyValueHeads}u) * ${quads}u;
    // Positions past the row's own weigh nothing; they read its own entry, because others may hold anything.
    let positions = vec4u(start, start + 1u, start + 2u, start + 3u);
    let at = vec4u(base) + (min(positions, vec4u(last)) % ${PAGE_POSITIONS}u) * ${stride}u;
    var dot0 = vec4f();
    var dot1 = vec4f();
    var dot2 = vec4f();
    var dot3 = vec4f();
    for (var i = 0u; i < quads; i++) {
      let query = q[i];
      dot0 = fma(query, pool[at.x + i], dot0);
      dot1 = fma(query, pool[at.y + i], dot1);
      dot2 = fma(query, pool[at.z + i], dot2);
      dot3 = fma(query, pool[at.w + i], dot3);
    }
    let seen = positions <= vec4u(last);
    let dots = vec4f(
      (dot0.x + dot0.y) + (dot0.z + dot0.w),
      (dot1.x + dot1.y) + (dot1.z + dot1.w),
      (dot2.x + dot2.y) + (dot2.z + dot2.w),
      (dot3.x + dot3.y) + (dot3.z + dot3.w),
    );
    let scores = select(vec4f(${LEAST}), dots, seen);
    let now = max(most, max(max(scores.x, scores.y), max(scores.z, scores.w)));
    let shrink = exp(most - now);
    let e = select(vec4f(), exp(scores - vec4f(now)), seen);
    most = now;
    weight = weight * shrink + ((e.x + e.y) + (e.z + e.w));
    let value = at + vec4u(${valueOffset}u);
    for (var i = 0u; i < quads; i++) {
      var mixed = sum[i] * shrink;
      mixed = fma(vec4f(e.x), pool[value.x + i], mixed);
      mixed = fma(vec4f(e.y), pool[value.y + i], mixed);
      mixed = fma(vec4f(e.z), pool[value.z + i], mixed);
      sum[i] = fma(vec4f(e.w), pool[value.w + i], mixed);
    }
  }
  for (var i = 0u; i < quads; i++) { output[place + i] = sum[i] / weight; }
}
`
}

/**
 * A workgroup has one row and head, for graphics processors. It goes through the positions in chunks of `lanes`: each
 * invocation scores one position, then each mixes the values for its own quads of the head. Chunks lie at multiples of
 * `lanes` from position 0, whatever else is in the pass.
 */
export function cooperativeAttentionWgsl(shape: AttentionShape): string {
  const { heads, keyValueHeads, headDim, headWidth, pagesPerSequence, lanes } = shape
  const quads = headWidth / 4
  const stride = positionStride(shape) / 4
  const valueOffset = (keyValueHeads * headWidth) / 4
  // Invocations side by side on one quad of the output, each with every `shares`-th position of the chunk.
  const shares = Math.max(1, Math.floor(lanes / quads))

  return `
${declareBindings(ATTENTION_BINDINGS, { rows: 'vec4u', pageTables: 'u32', layer: 'u32', queries: 'vec4f', pool: 'vec4f', output: 'vec4f' })}
${reduceWgsl(lanes)}
var<workgroup> query: array<vec4f, ${quads}>;
var<workgroup> places: array<u32, ${lanes}>;
var<workgroup> weights: array<f32, ${lanes}>;
var<workgroup> mixed: array<vec4f, ${quads * shares}>;

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y;
  let head = group.x;
  let lane = local.x;
  if (row >= rows[0].x) { return; }
  let last = rows[1u + row].y;
  let table = rows[1u + row].z * ${pagesPerSequence}u;
  let place = (row * ${heads}u + head) * ${quads}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  for (var i = lane; i < quads; i += ${lanes}u) { query[i] = queries[place + i] * ${1 / Math.sqrt(headDim)}; }
  for (var i = lane; i < ${quads * shares}u + ${HIDDEN_ZERO}; i += ${lanes}u) { mixed[i] = vec4f(); }
  workgroupBarrier();

  var most = ${LEAST};
  var weight = 0.0;
  for (var start = 0u; start <= last; start += ${lanes}u) {
    // Positions past the row's own weigh nothing; they read its own entry, because others may hold anything.
    let position = min(start + lane, last);
    let page = layer[0] + pageTables[table + position / ${PAGE_POSITIONS}u];
    let at = (page * ${PAGE_POSITIONS}u + position % ${PAGE_POSITIONS}u) * ${stride}u + (head / ${heads / keyValueHeads}u) * ${quads}u;
    var products = vec4f();
    for (var i = 0u; i < quads; i++) { products = fma(query[i], pool[at + i], products); }
    let seen = start + lane <= last;
    let score = select(${LEAST}, (products.x + products.y) + (products.z + products.w), seen);
    let now = max(most, reduce_max(score, lane));
    let e = select(0.0, exp(score - now), seen);
    let shrink = exp(most - now);
    weight = weight * shrink + reduce_sum(e, lane);
    most = now;
    weights[lane] = e;
    places[lane] = at + ${valueOffset}u;
    workgroupBarrier();
    let count = min(${lanes}u, last - start + 1u);
    for (var item = lane; item < ${quads * shares}u + ${HIDDEN_ZERO}; item += ${lanes}u) {
      let quad = item % ${quads}u;
      var sum = mixed[item] * shrink;
      for (var p = item / ${quads}u; p < count; p += ${shares}u) {
        sum = fma(vec4f(weights[p]), pool[places[p] + quad], sum);
      }
      mixed[item] = sum;
    }
    workgroupBarrier();
  }
  for (var quad = lane; quad < quads; quad += ${lanes}u) {
    var sum = mixed[quad];
    for (var share = 1u; share < ${shares}u + ${HIDDEN_ZERO}; share++) { sum += mixed[share * ${quads}u + quad]; }
    output[place + quad] = sum / weight;
  }
}
`
}
