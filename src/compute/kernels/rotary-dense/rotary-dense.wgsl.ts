import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'
import { ROTARY_DENSE_BINDINGS } from './rotary-dense.reference.ts'

/** One invocation has one head of one row, those side by side the same head of further rows. */
export function rotaryDenseWgsl(shape: RotaryDenseShape): string {
  const { heads, headDim, norm, lanes } = shape
  const half = headDim / 2
  const elements = { rows: 'vec4u', input: 'f32', angles: 'vec2f', gains: 'f32', output: 'f32' }
  const scaled = `
    first = first * (scale * gains[gain + d]);
    second = second * (scale * gains[gain + d + ${half}u]);`
  return `
${declareBindings(ROTARY_DENSE_BINDINGS, elements)}
${norm === null ? '' : headScaleWgsl(shape, norm.epsilon)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= rows[0].x) { return; }
${plainPartsWgsl(shape, 'input')}
  ${norm === null ? '' : `let scale = head_scale(at);\n  let gain = select(0u, ${headDim}u, head >= ${heads}u);`}
  let angle = rows[1u + row].y * ${half}u;
  for (var d = 0u; d < half; d++) {
    var first = input[at + d];
    var second = input[at + d + ${half}u];${norm === null ? '' : scaled}
    let turn = angles[angle + d];
    output[at + d] = first * turn.x - second * turn.y;
    output[at + d + ${half}u] = second * turn.x + first * turn.y;
  }
}
`
}

/** WGSL of `head_scale`: 1 / √(mean x² + ε) of the head that starts at a place of the input. */
export function headScaleWgsl({ headDim }: Pick<RotaryDenseShape, 'headDim'>, epsilon: number): string {
  return `
fn head_scale(at: u32) -> f32 {
  var sum = 0.0;
  for (var d = 0u; d < ${headDim}u + ${HIDDEN_ZERO}; d++) {
    let x = input[at + d];
    sum = fma(x, x, sum);
  }
  return 1.0 / sqrt(sum * ${1 / headDim} + ${epsilon});
}`
}

/**
 * WGSL of what becomes of the rest of a row: zeros where a head is padded and after the last one; value heads as they
 * are `from`. Leaves `at`, the head's place, and `half` to the code that turns a query or key head.
 */
export function plainPartsWgsl(
  { heads, keyValueHeads, headDim, headWidth, stride }: RotaryDenseShape,
  from: string,
): string {
  return `
  let at = row * ${stride}u + head * ${headWidth}u;
  let half = ${headDim / 2}u + ${HIDDEN_ZERO};
  let parts = ${heads + 2 * keyValueHeads}u;
  let begin = select(0u, ${headDim}u, head < parts);
  let end = min(${headWidth}u, ${stride}u - head * ${headWidth}u);
  for (var d = begin; d < end; d++) { output[at + d] = 0.0; }
  if (head >= parts) { return; }
  if (head >= ${heads + keyValueHeads}u) {
    for (var d = 0u; d < 2u * half; d++) { output[at + d] = ${from}[at + d]; }
    return;
  }`
}
