import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO, PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention-shape.ts'
import { LEAST_SCORE, NO_ROW } from './attention-shape.ts'
import { PAGE_ATTENTION_BINDINGS } from './page-attention.reference.ts'
import { PARTIAL_WGSL, quadSizes } from './page-partial.wgsl.ts'

const LEAST = LEAST_SCORE.toExponential()
const DECLARATIONS = declareBindings(PAGE_ATTENTION_BINDINGS, {
  rows: 'vec4u',
  laneRows: 'u32',
  items: 'vec4u',
  list: 'vec2u',
  layer: 'u32',
  queries: 'vec4f',
  pool: 'vec4f',
  partials: 'vec4f',
})
const COMPONENTS = ['x', 'y', 'z', 'w'] as const
/** Query heads of lanes that share one load of a page where an invocation works alone. */
export const SERIAL_HEADS_PER_LOAD = COMPONENTS.length

/**
 * One invocation has an item and a key-value head, for software adapters: it takes four query heads of lanes at a time, so
 * that each key and value loaded serves four sums. A copy of the page in private memory would be read once for all lanes,
 * but drivers take half a minute to compile it. Scores and weights wait in the partials.
 */
export function serialPageAttentionWgsl(shape: AttentionShape): string {
  const { heads, keyValueHeads, serialLanes } = shape
  const { quads, stride, valueOffset, partial, numbers, group, scale } = quadSizes(shape)
  const each = (line: (row: string, position: string) => string) =>
    COMPONENTS.flatMap((r) => COMPONENTS.map((p) => line(r, p))).join('\n')
  const ofRows = (line: (row: string, index: number) => string) => COMPONENTS.map(line).join('\n')

  /** `body` for query heads of lanes that lead a row, four at a time: their partials are `at`, their queries `query`. */
  const forLanes = (body: string) => `
  var next = 0u;
  while (next < all) {
    var taken = 0u;
    var at = vec4u();
    var query = vec4u();
    while (next < all && taken < 4u) {
      let entry = list[item.y + next / ${group}u];
      let row = laneRows[entry.x];
      if (row != ${NO_ROW}u) {
        let head = kv * ${group}u + next % ${group}u;
        // Where fewer than four are left, the last fills their places: it is done again, to the same end.
        let free = vec4u(0u, 1u, 2u, 3u) >= vec4u(taken);
        at = select(at, vec4u((entry.y * ${heads}u + head) * ${partial}u), free);
        query = select(query, vec4u((row * ${heads}u + head) * ${quads}u), free);
        taken++;
      }
      next++;
    }
    if (taken == 0u) { break; }
${body}
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
  let all = item.z * ${group}u;
  let base = (layer[0] + item.x) * ${PAGE_POSITIONS * stride}u + kv * ${quads}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
${forLanes(`    for (var step = 0u; step < 4u + ${HIDDEN_ZERO}; step++) {
${each((r, p) => `      var dot_${r}${p} = vec4f();`)}
      for (var i = 0u; i < quads; i++) {
${COMPONENTS.map((p, index) => `        let key_${p} = pool[base + (4u * step + ${index}u) * ${stride}u + i];`).join('\n')}
${ofRows((r) => `        let query_${r} = queries[query.${r} + i] * ${scale};`)}
${each((r, p) => `        dot_${r}${p} = fma(query_${r}, key_${p}, dot_${r}${p});`)}
      }
${ofRows((r) => `      partials[at.${r} + step] = vec4f(${COMPONENTS.map((p) => `across(dot_${r}${p})`).join(', ')});`)}
    }
    for (var r = 0u; r < taken; r++) {
      var most = ${LEAST};
      for (var step = 0u; step < 4u; step++) { most = max(most, highest(partials[at[r] + step])); }
      var weight = 0.0;
      for (var step = 0u; step < 4u; step++) {
        let e = exp(partials[at[r] + step] - vec4f(most));
        weight += across(e);
        partials[at[r] + step] = e;
      }
      partials[at[r] + ${numbers}u] = vec4f(most, weight, 0.0, 0.0);
    }`)}
  next = 0u;
${forLanes(`    var weights: array<vec4f, 16>;
    for (var step = 0u; step < 4u + ${HIDDEN_ZERO}; step++) {
${ofRows((r, index) => `      weights[4u * step + ${index}u] = partials[at.${r} + step];`)}
    }
    for (var i = 0u; i < quads; i++) {
${ofRows((r) => `      var mixed_${r} = vec4f();`)}
      for (var step = 0u; step < 4u + ${HIDDEN_ZERO}; step++) {
${ofRows((r, index) => `        let weight_${r} = weights[4u * step + ${index}u];`)}
${COMPONENTS.map((p, index) =>
  [
    `        let value_${p} = pool[base + (4u * step + ${index}u) * ${stride}u + ${valueOffset}u + i];`,
    ...COMPONENTS.map((r) => `        mixed_${r} = fma(vec4f(weight_${r}.${p}), value_${p}, mixed_${r});`),
  ].join('\n'),
).join('\n')}
      }
${ofRows((r) => `      partials[at.${r} + i] = mixed_${r};`)}
    }`).replace('  var next = 0u;\n', '')}
}
`
}

/**
 * A workgroup has an item and a key-value head, for graphics processors: the page lies in workgroup memory, and `lanes`
 * / 16 query heads of lanes are taken at a time. Invocations score one position each, then mix one quad of a head each.
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
    let row = laneRows[entry.x];
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
