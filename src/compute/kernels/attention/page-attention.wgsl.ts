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

/** Quads of keys or values that one invocation holds at a time. */
const HELD_QUADS = 32

/**
 * One invocation has an item and a key-value head, for software adapters, where a load costs ten times an fma: it holds
 * the page's keys in registers (with their spills, still far cheaper) and goes through the lanes, then its values.
 * Where the keys of a page are too many, it holds fewer positions at a time; scores wait in the partial meanwhile.
 */
export function serialPageAttentionWgsl(shape: AttentionShape): string {
  const { heads, keyValueHeads, serialLanes } = shape
  const { quads, stride, valueOffset, partial, numbers, group, scale } = quadSizes(shape)
  const positions = Math.max(4, Math.min(PAGE_POSITIONS, 2 ** Math.floor(Math.log2(HELD_QUADS / quads))))
  const blocks = Math.ceil((quads * PAGE_POSITIONS) / HELD_QUADS)
  const block = Math.ceil(quads / blocks)

  /** `body` for every query head of every lane on the list that leads a row; `at` is its partial. */
  const forLanes = (body: string) => `
  for (var entry = item.y; entry < item.y + item.z; entry++) {
    let row = laneRows[list[entry].x];
    if (row == ${NO_ROW}u) { continue; }
    for (var h = 0u; h < ${group}u; h++) {
      let head = kv * ${group}u + h;
      let at = (list[entry].y * ${heads}u + head) * ${partial}u;
${body}
    }
  }`
  const weigh = `
      let most = max(max(highest(s0), highest(s1)), max(highest(s2), highest(s3)));
${four((g) => `      let e${g} = exp(s${g} - vec4f(most));`)}
      var weight = 0.0;
${four((g) => `      weight += across(e${g});`)}
${four((g) => `      partials[at + ${g}u] = e${g};`)}
      partials[at + ${numbers}u] = vec4f(most, weight, 0.0, 0.0);`
  const score = (first: string) => `
      let query = (row * ${heads}u + head) * ${quads}u;
${range(positions)
  .map((p) => `      var dot${p} = vec4f();`)
  .join('\n')}
${range(quads)
  .map((i) =>
    [
      `      let q${i} = queries[query + ${i}u] * ${scale};`,
      ...range(positions).map((p) => `      dot${p} = fma(q${i}, k${p}_${i}, dot${p});`),
    ].join('\n'),
  )
  .join('\n')}
${range(positions / 4)
  .map((g) => {
    const dots = `vec4f(${range(4)
      .map((p) => `across(dot${4 * g + p})`)
      .join(', ')})`
    return positions === PAGE_POSITIONS
      ? `      let s${g} = ${dots};`
      : `      partials[at + (${first}) / 4u + ${g}u] = ${dots};`
  })
  .join('\n')}
${positions === PAGE_POSITIONS ? weigh : ''}`
  const holdKeys = (first: string) =>
    range(positions)
      .flatMap((p) =>
        range(quads).map((i) => `  let k${p}_${i} = pool[base + (${first} + ${p}u) * ${stride}u + ${i}u];`),
      )
      .join('\n')
  const keys =
    positions === PAGE_POSITIONS
      ? `${holdKeys('0u')}\n${forLanes(score('0u'))}`
      : `
  for (var first = 0u; first < ${PAGE_POSITIONS}u + ${HIDDEN_ZERO}; first += ${positions}u) {
${holdKeys('first')}
${forLanes(score('first'))}
  }
${forLanes(`${four((g) => `      let s${g} = partials[at + ${g}u];`)}\n${weigh}`)}`

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
${keys}
  // The weights lie where the first quads of the result go, so blocks are mixed from the last to the first.
  for (var left = ${blocks}u; left > ${HIDDEN_ZERO}; left--) {
    // The last block may overlap the one before: it comes first, and both find the weights in place.
    let quad = min((left - 1u) * ${block}u, ${quads - block}u);
    let value = base + ${valueOffset}u + quad;
${range(PAGE_POSITIONS)
  .flatMap((p) => range(block).map((i) => `    let v${p}_${i} = pool[value + ${p * stride + i}u];`))
  .join('\n')}
${forLanes(`${four((g) => `      let e${g} = partials[at + ${g}u];`)}
${range(block)
  .map(
    (i) => `      var mixed${i} = vec4f();
${range(PAGE_POSITIONS)
  .map((p) => `      mixed${i} = fma(vec4f(e${Math.floor(p / 4)}.${COMPONENTS[p % 4]}), v${p}_${i}, mixed${i});`)
  .join('\n')}
      partials[at + quad + ${i}u] = mixed${i};`,
  )
  .join('\n')}`)}
  }
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

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}

/** One line for each group of four positions. */
function four(line: (group: number) => string): string {
  return range(4).map(line).join('\n')
}
