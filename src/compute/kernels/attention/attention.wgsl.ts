import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO, PAGE_POSITIONS } from '../rows.ts'
import { ATTENTION_BINDINGS } from './attention.reference.ts'
import type { AttentionShape } from './attention-shape.ts'
import { LEAST_SCORE } from './attention-shape.ts'
import { PARTIAL_WGSL, quadSizes } from './page-partial.wgsl.ts'

const LEAST = LEAST_SCORE.toExponential()
const DECLARATIONS = declareBindings(ATTENTION_BINDINGS, {
  rows: 'vec4u',
  pageTables: 'u32',
  coverage: 'vec2u',
  layer: 'u32',
  queries: 'vec4f',
  pool: 'vec4f',
  partials: 'vec4f',
  output: 'vec4f',
})
const COMPONENTS = ['x', 'y', 'z', 'w'] as const

/** WGSL expressions: the first page of which all is seen; from which page to before which pages are read from the pool. */
interface PageRange {
  readonly whole: string
  readonly start: string
  readonly end: string
}

/**
 * WGSL: first the covered pages' partials, then the other pages. A window may cut the first page that is seen: it comes
 * before all others, and is read from the pool, as partials are of whole pages.
 */
function pageRangesWgsl(
  { window }: AttentionShape,
  partials: (of: Pick<PageRange, 'whole'>) => string,
  pages: (of: Pick<PageRange, 'start' | 'end'>) => string,
): string {
  const end = `(last / ${PAGE_POSITIONS}u + 1u)`
  if (window === null) return `${partials({ whole: '0u' })}\n${pages({ start: 'covered.x', end })}`
  return `
  let first = max(last + 1u, ${window}u) - ${window}u;
  let whole = (first + ${PAGE_POSITIONS - 1}u) / ${PAGE_POSITIONS}u;
  for (var part = 0u; part < 2u; part++) {
    var start_page = first / ${PAGE_POSITIONS}u;
    var end_page = min(whole, ${end});
    if (part == 1u) {
${partials({ whole: 'whole' })}
      start_page = max(covered.x, whole);
      end_page = ${end};
    }
${pages({ start: 'start_page', end: 'end_page' })}
  }`
}

/** One invocation has a whole row and head, for software adapters: a page's scores, then its values, four at a time. */
export function serialAttentionWgsl(shape: AttentionShape): string {
  const { heads, pagesPerSequence, serialLanes } = shape
  const { quads, stride, valueOffset, partial, numbers, group, scale } = quadSizes(shape)
  const within = shape.window === null ? '' : ' & (positions >= vec4u(unseen))'

  return `
${DECLARATIONS}
${PARTIAL_WGSL}

@compute @workgroup_size(${serialLanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / ${heads}u;
  let head = id.x % ${heads}u;
  if (row >= rows[0].x) { return; }
  let last = rows[1u + row].y;
  let table = rows[1u + row].z;
  let covered = coverage[table];
  let place = id.x * ${quads}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  var q: array<vec4f, ${quads}>;
  var sum: array<vec4f, ${quads}>;
  var mixed: array<vec4f, ${quads}>;
  var scores: array<vec4f, 4>;
  for (var i = 0u; i < quads; i++) { q[i] = queries[place + i] * ${scale}; }
  var most = ${LEAST};
  var weight = 0.0;
${pageRangesWgsl(
  shape,
  (of) => `  for (var page = ${of.whole}; page < covered.x; page++) {
    let at = ((covered.y + page) * ${heads}u + head) * ${partial}u;
    let given = partials[at + ${numbers}u];
    let by = merge_factors(most, given.x);
    most = max(most, given.x);
    weight = fma(given.y, by.y, weight * by.x);
    for (var i = 0u; i < quads; i++) { sum[i] = fma(partials[at + i], vec4f(by.y), sum[i] * by.x); }
  }`,
  (of) => `  for (var page = ${of.start}; page < ${of.end}; page++) {
    let base = ((layer[0] + pageTables[table * ${pagesPerSequence}u + page]) * ${PAGE_POSITIONS}u) * ${stride}u + (head / ${group}u) * ${quads}u;
    // Positions past the row's own weigh nothing; they read its own entry, because others may hold anything.
    let visible = min(last - page * ${PAGE_POSITIONS}u, ${PAGE_POSITIONS - 1}u);
    let steps = visible / 4u + 1u;
${shape.window === null ? '' : `    let unseen = max(first, page * ${PAGE_POSITIONS}u) - page * ${PAGE_POSITIONS}u;\n`}    var page_most = ${LEAST};
    for (var step = 0u; step < steps; step++) {
      let positions = vec4u(0u, 1u, 2u, 3u) + 4u * step;
      let at = vec4u(base) + min(positions, vec4u(visible)) * ${stride}u;
${COMPONENTS.map((c) => `      var dot_${c} = vec4f();`).join('\n')}
      for (var i = 0u; i < quads; i++) {
        let query = q[i];
${COMPONENTS.map((c) => `        dot_${c} = fma(query, pool[at.${c} + i], dot_${c});`).join('\n')}
      }
      let dots = vec4f(across(dot_x), across(dot_y), across(dot_z), across(dot_w));
      let seen = select(vec4f(${LEAST}), dots, (positions <= vec4u(visible))${within});
      scores[step] = seen;
      page_most = max(page_most, highest(seen));
    }
    var page_weight = 0.0;
    for (var i = 0u; i < quads; i++) { mixed[i] = vec4f(); }
    for (var step = 0u; step < steps; step++) {
      let positions = vec4u(0u, 1u, 2u, 3u) + 4u * step;
      let e = select(vec4f(), exp(scores[step] - vec4f(page_most)), (positions <= vec4u(visible))${within});
      page_weight += across(e);
      let at = vec4u(base + ${valueOffset}u) + min(positions, vec4u(visible)) * ${stride}u;
      for (var i = 0u; i < quads; i++) {
        var value = mixed[i];
${COMPONENTS.map((c) => `        value = fma(vec4f(e.${c}), pool[at.${c} + i], value);`).join('\n')}
        mixed[i] = value;
      }
    }
    let by = merge_factors(most, page_most);
    most = max(most, page_most);
    weight = fma(page_weight, by.y, weight * by.x);
    for (var i = 0u; i < quads; i++) { sum[i] = fma(mixed[i], vec4f(by.y), sum[i] * by.x); }
  }`,
)}
  for (var i = 0u; i < quads; i++) { output[place + i] = sum[i] / weight; }
}
`
}

/**
 * A workgroup has one row and head, for graphics processors: it takes `lanes` / 16 pages at a time. Invocations score one
 * position each, then mix the values of a page for one quad of the head each, then merge the pages, a quad each.
 */
export function cooperativeAttentionWgsl(shape: AttentionShape): string {
  const { heads, pagesPerSequence, lanes } = shape
  const { quads, stride, valueOffset, partial, numbers, group, scale } = quadSizes(shape)
  const pages = lanes / PAGE_POSITIONS
  const within = shape.window === null ? '' : ' && position >= first'

  return `
${DECLARATIONS}
${PARTIAL_WGSL}
var<workgroup> query: array<vec4f, ${quads}>;
var<workgroup> bases: array<u32, ${pages}>;
var<workgroup> scores: array<f32, ${lanes}>;
var<workgroup> weights: array<f32, ${lanes}>;
var<workgroup> most_of: array<f32, ${pages}>;
var<workgroup> mixed: array<vec4f, ${pages * quads}>;
var<workgroup> sum: array<vec4f, ${quads}>;
fn weights_of(step: u32) -> vec4f {
  let at = 4u * step;
  return vec4f(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]);
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = id.y;
  let head = id.x;
  let lane = local.x;
  if (row >= rows[0].x) { return; }
  let last = rows[1u + row].y;
  let table = rows[1u + row].z;
  let covered = coverage[table];
  let place = (row * ${heads}u + head) * ${quads}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  // Each quad of query and sum belongs to one invocation, which alone changes the sum.
  for (var i = lane; i < quads; i += ${lanes}u) {
    query[i] = queries[place + i] * ${scale};
    sum[i] = vec4f();
  }
  workgroupBarrier();
  var most = ${LEAST};
  var weight = 0.0;
${pageRangesWgsl(
  shape,
  (of) => `  for (var page = ${of.whole}; page < covered.x; page++) {
    let at = ((covered.y + page) * ${heads}u + head) * ${partial}u;
    let given = partials[at + ${numbers}u];
    let by = merge_factors(most, given.x);
    most = max(most, given.x);
    weight = fma(given.y, by.y, weight * by.x);
    for (var i = lane; i < quads; i += ${lanes}u) { sum[i] = fma(partials[at + i], vec4f(by.y), sum[i] * by.x); }
  }`,
  (of) => `  for (var start = ${of.start}; start < ${of.end}; start += ${pages}u) {
    let chunk = min(${pages}u, ${of.end} - start);
    let own = lane / ${PAGE_POSITIONS}u;
    // Positions past the row's own weigh nothing; they read its own entry, because others may hold anything.
    let position = start * ${PAGE_POSITIONS}u + lane;
    let read = min(position, last);
    let page = layer[0] + pageTables[table * ${pagesPerSequence}u + read / ${PAGE_POSITIONS}u];
    let base = page * ${PAGE_POSITIONS * stride}u + (head / ${group}u) * ${quads}u;
    let at = base + (read % ${PAGE_POSITIONS}u) * ${stride}u;
    var products = vec4f();
    for (var i = 0u; i < quads; i++) { products = fma(query[i], pool[at + i], products); }
    scores[lane] = select(${LEAST}, across(products), position <= last${within});
    if (lane % ${PAGE_POSITIONS}u == 0u) { bases[own] = base + ${valueOffset}u; }
    workgroupBarrier();
    var page_most = ${LEAST};
    for (var p = 0u; p < ${PAGE_POSITIONS}u; p++) { page_most = max(page_most, scores[own * ${PAGE_POSITIONS}u + p]); }
    weights[lane] = select(0.0, exp(scores[lane] - page_most), position <= last${within});
    if (lane % ${PAGE_POSITIONS}u == 0u) { most_of[own] = page_most; }
    workgroupBarrier();
    for (var item = lane; item < chunk * quads; item += ${lanes}u) {
      let of_page = item / ${quads}u;
      let value = bases[of_page] + item % ${quads}u;
      let visible = min(last - (start + of_page) * ${PAGE_POSITIONS}u, ${PAGE_POSITIONS - 1}u);
      var total = vec4f();
      for (var p = 0u; p < (visible / 4u + 1u) * 4u; p++) {
        let e = weights[of_page * ${PAGE_POSITIONS}u + p];
        total = fma(vec4f(e), pool[value + min(p, visible) * ${stride}u], total);
      }
      mixed[item] = total;
    }
    workgroupBarrier();
    for (var of_page = 0u; of_page < chunk; of_page++) {
      let by = merge_factors(most, most_of[of_page]);
      most = max(most, most_of[of_page]);
      var page_weight = 0.0;
      let visible = min(last - (start + of_page) * ${PAGE_POSITIONS}u, ${PAGE_POSITIONS - 1}u);
      for (var step = 0u; step < visible / 4u + 1u; step++) { page_weight += across(weights_of(of_page * 4u + step)); }
      weight = fma(page_weight, by.y, weight * by.x);
      for (var i = lane; i < quads; i += ${lanes}u) {
        sum[i] = fma(mixed[of_page * ${quads}u + i], vec4f(by.y), sum[i] * by.x);
      }
    }
    workgroupBarrier();
  }`,
)}
  for (var i = lane; i < quads; i += ${lanes}u) { output[place + i] = sum[i] / weight; }
}
`
}
