import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO, PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { LEAST_SCORE, NO_ROW } from './attention-shape.ts'
import { PAGE_ATTENTION_BINDINGS } from './page-attention.reference.ts'
import { PARTIAL_WGSL, quadSizes } from './page-partial.wgsl.ts'

const LEAST = LEAST_SCORE.toExponential()
const DECLARATIONS = declareBindings(PAGE_ATTENTION_BINDINGS, {
  rows: 'vec4u',
  sequenceRows: 'u32',
  items: 'vec4u',
  list: 'vec2u',
  layer: 'u32',
  queries: 'vec4f',
  pool: 'vec4f',
  partials: 'vec4f',
})
const COMPONENTS = ['x', 'y', 'z', 'w'] as const
/** Quads of keys or values that an invocation keeps: as many as pay, and more take drivers seconds to compile. */
const HELD_QUADS = 64

/**
 * One invocation has an item and a key-value head, for software adapters. It keeps the keys of some positions, then some
 * columns of the values, while it goes through all query heads on the page: each key and value is loaded once, whatever
 * their number. Scores, then weights, wait in the partials. What is kept is filled by loops and read at fixed places,
 * which drivers compile quickly and keep near.
 */
export function serialPageAttentionWgsl(shape: AttentionShape): string {
  const { heads, keyValueHeads, serialLanes } = shape
  const { quads, stride, valueOffset, partial, numbers, scores, group, scale } = quadSizes(shape)
  const positions = quads * 8 > HELD_QUADS ? 4 : 8
  const columns = HELD_QUADS / PAGE_POSITIONS
  const end = `(kv + 1u) * ${group}u${group === 1 ? '' : ` + ${HIDDEN_ZERO}`}`
  const lines = (parts: readonly string[]) => parts.join('\n')

  /** `body` for each query head of each sequence that leads a row; its partial is `at`, its query `query`. */
  const forHeads = (body: string) => `  for (var entry = item.y; entry < item.y + item.z; entry++) {
    let listed = list[entry];
    let row = sequenceRows[listed.x];
    if (row == ${NO_ROW}u) { continue; }
    for (var head = kv * ${group}u; head < ${end}; head++) {
      let at = (listed.y * ${heads}u + head) * ${partial}u;
      let query = (row * ${heads}u + head) * ${quads}u;
${body}
    }
  }`

  return `
${DECLARATIONS}
${PARTIAL_WGSL}

@compute @workgroup_size(${serialLanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let number = id.x / ${keyValueHeads}u;
  let kv = id.x % ${keyValueHeads}u;
  if (number >= items[0].x) { return; }
  let item = items[1u + number];
  let base = (layer[0] + item.x) * ${PAGE_POSITIONS * stride}u + kv * ${quads}u;
  // Zero, but no compiler knows: else short sums are products at their start, which drivers fuse with what adds them up.
  let zero = vec4f(f32(${HIDDEN_ZERO}));
  var held: array<vec4f, ${Math.max(positions * quads, HELD_QUADS)}>;
  for (var step = 0u; step < ${PAGE_POSITIONS / positions}u + ${HIDDEN_ZERO}; step++) {
    let keys = base + step * ${positions * stride}u;
    for (var i = 0u; i < ${positions * quads}u + ${HIDDEN_ZERO}; i++) {
      held[i] = pool[keys + (i / ${quads}u) * ${stride}u + i % ${quads}u];
    }
${forHeads(
  lines([
    ...range(positions).map((p) => `      var dot_${p} = zero;`),
    ...range(quads).flatMap((i) => [
      `      let query_${i} = queries[query + ${i}u] * ${scale};`,
      ...range(positions).map((p) => `      dot_${p} = fma(query_${i}, held[${p * quads + i}], dot_${p});`),
    ]),
    ...range(positions / 4).map((quad) => {
      const dots = range(4).map((p) => `across(dot_${4 * quad + p})`)
      return `      partials[at + ${scores + quad}u + step * ${positions / 4}u] = vec4f(${dots.join(', ')});`
    }),
  ]),
)}
  }
${forHeads(
  lines([
    `      var most = ${LEAST};`,
    ...range(4).flatMap((i) => [
      `      let score_${i} = partials[at + ${scores + i}u];`,
      `      most = max(most, highest(score_${i}));`,
    ]),
    '      var weight = 0.0;',
    ...range(4).flatMap((i) => [
      `      let e_${i} = exp(score_${i} - vec4f(most));`,
      `      weight += across(e_${i});`,
      `      partials[at + ${scores + i}u] = e_${i};`,
    ]),
    `      partials[at + ${numbers}u] = vec4f(most, weight, 0.0, 0.0);`,
  ]),
)}
  for (var first = 0u; first < ${quads}u + ${HIDDEN_ZERO}; first += ${columns}u) {
    // Past the last column it is done again, to the same end.
    for (var i = 0u; i < ${PAGE_POSITIONS * columns}u + ${HIDDEN_ZERO}; i++) {
      let column = min(first + i % ${columns}u, ${quads - 1}u);
      held[i] = pool[base + ${valueOffset}u + (i / ${columns}u) * ${stride}u + column];
    }
${forHeads(
  lines([
    ...range(columns).map((c) => `      var mixed_${c} = vec4f();`),
    ...range(PAGE_POSITIONS / 4).flatMap((i) => [
      `      let e_${i} = partials[at + ${scores + i}u];`,
      ...COMPONENTS.flatMap((component, p) =>
        range(columns).map(
          (c) => `      mixed_${c} = fma(vec4f(e_${i}.${component}), held[${(4 * i + p) * columns + c}], mixed_${c});`,
        ),
      ),
    ]),
    ...range(columns).map((c) => `      partials[at + min(first + ${c}u, ${quads - 1}u)] = mixed_${c};`),
  ]),
)}
  }
}
`
}

/**
 * A workgroup has an item and a key-value head, for graphics processors: the page lies in workgroup memory, and `lanes`
 * / 16 query heads of sequences are taken at a time. Invocations score one position each, then mix one quad of a head each.
 */
export function cooperativePageAttentionWgsl(shape: AttentionShape): string {
  const { heads, lanes } = shape
  const { quads, stride, valueOffset, partial, numbers, group, scale } = quadSizes(shape)
  const chunk = lanes / PAGE_POSITIONS

  return `
${DECLARATIONS}
${PARTIAL_WGSL}
var<workgroup> keys: array<vec4f, ${PAGE_POSITIONS * quads}>;
var<workgroup> values: array<vec4f, ${PAGE_POSITIONS * quads}>;
var<workgroup> scores: array<f32, ${lanes}>;
var<workgroup> weights: array<f32, ${lanes}>;
var<workgroup> places: array<u32, ${chunk}>;
fn weights_of(step: u32) -> vec4f {
  let at = 4u * step;
  return vec4f(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]);
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let kv = id.y;
  if (id.x >= items[0].x) { return; }
  let item = items[1u + id.x];
  let base = (layer[0] + item.x) * ${PAGE_POSITIONS * stride}u + kv * ${quads}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  for (var i = lane; i < ${PAGE_POSITIONS}u * quads; i += ${lanes}u) {
    let source = base + (i / ${quads}u) * ${stride}u + i % ${quads}u;
    keys[i] = pool[source];
    values[i] = pool[source + ${valueOffset}u];
  }
  workgroupBarrier();
  let own = lane / ${PAGE_POSITIONS}u;
  let position = lane % ${PAGE_POSITIONS}u;
  let heads_here = item.z * ${group}u;
  for (var start = 0u; start < heads_here; start += ${chunk}u) {
    let number = min(start + own, heads_here - 1u);
    let entry = list[item.y + number / ${group}u];
    let head = kv * ${group}u + number % ${group}u;
    let row = sequenceRows[entry.x];
    let leads = start + own < heads_here && row != ${NO_ROW}u;
    let query = (select(0u, row, leads) * ${heads}u + head) * ${quads}u;
    var products = vec4f();
    for (var i = 0u; i < quads; i++) {
      products = fma(queries[query + i] * ${scale}, keys[position * ${quads}u + i], products);
    }
    scores[lane] = across(products);
    if (position == 0u) { places[own] = select(${NO_ROW}u, (entry.y * ${heads}u + head) * ${partial}u, leads); }
    workgroupBarrier();
    var most = ${LEAST};
    for (var p = 0u; p < ${PAGE_POSITIONS}u; p++) { most = max(most, scores[own * ${PAGE_POSITIONS}u + p]); }
    weights[lane] = exp(scores[lane] - most);
    workgroupBarrier();
    if (position == 0u && leads) {
      var weight = 0.0;
      for (var step = 0u; step < 4u; step++) { weight += across(weights_of(own * 4u + step)); }
      partials[places[own] + ${numbers}u] = vec4f(most, weight, 0.0, 0.0);
    }
    for (var i = lane; i < ${chunk}u * quads; i += ${lanes}u) {
      let taken = i / ${quads}u;
      if (places[taken] == ${NO_ROW}u) { continue; }
      let quad = i % ${quads}u;
      var mixed = vec4f();
      for (var p = 0u; p < ${PAGE_POSITIONS}u; p++) {
        mixed = fma(vec4f(weights[taken * ${PAGE_POSITIONS}u + p]), values[p * ${quads}u + quad], mixed);
      }
      partials[places[taken] + quad] = mixed;
    }
    workgroupBarrier();
  }
}
`
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
