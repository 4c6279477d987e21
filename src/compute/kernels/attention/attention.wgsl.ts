import { declareBindings } from '../declare-bindings.ts'
import { positionStride } from '../page-pool.ts'
import { PAGE_POSITIONS } from '../rows.ts'
import type { AttentionShape } from './attention.reference.ts'
import { ATTENTION_BINDINGS } from './attention.reference.ts'

/** Less than any score, and still a number: e to it is zero. */
const LEAST = '-3.0e38'

/**
 * One invocation has a whole row and head: the running softmax (Milakov & Gimelshein, arXiv 1805.02867) takes four
 * positions at a time. The steps lie at multiples of four from position 0, whatever else is in the pass.
 */
export function serialAttentionWgsl(shape: AttentionShape, lanes: number): string {
  const { heads, keyValueHeads, headDim, headWidth, pagesPerSequence } = shape
  const quads = Array.from({ length: headWidth / 4 }, (_, index) => index)
  const steps = [0, 1, 2, 3]
  const lines = (parts: string[]) => parts.join('\n')
  const stride = positionStride(shape) / 4
  const valueOffset = (keyValueHeads * headWidth) / 4

  return `
${declareBindings(ATTENTION_BINDINGS, { rows: 'vec4u', pageTables: 'u32', layer: 'u32', queries: 'vec4f', pool: 'vec4f', output: 'vec4f' })}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / ${heads}u;
  let head = id.x % ${heads}u;
  if (row >= rows[0].x) { return; }
  let last = rows[1u + row].y;
  let table = rows[1u + row].z * ${pagesPerSequence}u;
  let place = id.x * ${quads.length}u;
${lines(quads.map((i) => `  let q${i} = queries[place + ${i}u] * ${1 / Math.sqrt(headDim)};`))}
${lines(quads.map((i) => `  var sum${i} = vec4f();`))}
  var most = ${LEAST};
  var weight = 0.0;
  for (var start = 0u; start <= last; start += 4u) {
    let page = layer[0] + pageTables[table + start / ${PAGE_POSITIONS}u];
    let base = page * ${PAGE_POSITIONS}u * ${stride}u + (head / ${heads / keyValueHeads}u) * ${quads.length}u;
    // Positions past the row's own weigh nothing; they read its own entry, because others may hold anything.
${lines(steps.map((s) => `    let at${s} = base + (min(start + ${s}u, last) % ${PAGE_POSITIONS}u) * ${stride}u;`))}
${lines(
  steps.map((s) =>
    lines([
      `    var dot${s} = q0 * pool[at${s}];`,
      ...quads.slice(1).map((i) => `    dot${s} = fma(q${i}, pool[at${s} + ${i}u], dot${s});`),
    ]),
  ),
)}
    let seen = vec4u(start, start + 1u, start + 2u, start + 3u) <= vec4u(last);
    let dots = vec4f(${steps.map((s) => `(dot${s}.x + dot${s}.y) + (dot${s}.z + dot${s}.w)`).join(', ')});
    let scores = select(vec4f(${LEAST}), dots, seen);
    let now = max(most, max(max(scores.x, scores.y), max(scores.z, scores.w)));
    let shrink = exp(most - now);
    let e = select(vec4f(), exp(scores - vec4f(now)), seen);
    most = now;
    weight = weight * shrink + ((e.x + e.y) + (e.z + e.w));
${lines(
  quads.map((i) =>
    lines([
      `    sum${i} = sum${i} * shrink;`,
      ...steps.map((s) => `    sum${i} = fma(vec4f(e.${'xyzw'[s]}), pool[at${s} + ${valueOffset + i}u], sum${i});`),
    ]),
  ),
)}
  }
${lines(quads.map((i) => `  output[place + ${i}u] = sum${i} / weight;`))}
}
`
}
