import { declareBindings } from '../declare-bindings.ts'
import type { RotaryDenseShape } from './rotary-dense.reference.ts'
import { headScaleWgsl, plainPartsWgsl } from './rotary-dense.wgsl.ts'
import { ROTARY_DENSE_BACKWARD_BINDINGS } from './rotary-dense-backward.reference.ts'

/** One invocation has one head of one row, those side by side the same head of further rows. */
export function rotaryDenseBackwardWgsl(shape: RotaryDenseShape): string {
  const { heads, headDim, norm, lanes } = shape
  const half = headDim / 2
  const elements = { rows: 'vec4u', input: 'f32', angles: 'vec2f', gains: 'f32', gradient: 'f32', output: 'f32' }
  // The output holds dy · gain until the sum over the head is there.
  const throughNorm = `
  let scale = head_scale(at);
  let gain = select(0u, ${headDim}u, head >= ${heads}u);
  var along = 0.0;
  for (var d = 0u; d < 2u * half; d++) {
    let x = input[at + d];
    let dy = output[at + d];
    gradient[at + d] = dy * x * scale;
    let u = dy * gains[gain + d];
    along = fma(u, x, along);
    output[at + d] = u;
  }
  let pull = along * scale * scale * ${1 / headDim};
  for (var d = 0u; d < 2u * half; d++) {
    output[at + d] = scale * fma(-pull, input[at + d], output[at + d]);
  }`
  return `
${declareBindings(ROTARY_DENSE_BACKWARD_BINDINGS, elements)}
${norm === null ? '' : headScaleWgsl(shape, norm.epsilon)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= rows[0].x) { return; }
${plainPartsWgsl(shape, 'gradient')}
  let angle = rows[1u + row].y * ${half}u;
  for (var d = 0u; d < half; d++) {
    let first = gradient[at + d];
    let second = gradient[at + d + ${half}u];
    let turn = angles[angle + d];
    output[at + d] = first * turn.x + second * turn.y;
    output[at + d + ${half}u] = second * turn.x - first * turn.y;
  }${norm === null ? '' : throughNorm}
}
`
}
