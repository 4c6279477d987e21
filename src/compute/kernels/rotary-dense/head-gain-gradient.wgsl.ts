import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { HeadGainGradientShape } from './head-gain-gradient.reference.ts'
import { HEAD_GAIN_GRADIENT_BINDINGS } from './head-gain-gradient.reference.ts'

export function headGainGradientWgsl(shape: HeadGainGradientShape): string {
  const { heads, keyValueHeads, headDim, headWidth, stride, lanes } = shape
  return `
${declareBindings(HEAD_GAIN_GRADIENT_BINDINGS, { rows: 'vec4u', contributions: 'f32', output: 'f32' })}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= ${2 * headDim}u) { return; }
  let keys = id.x >= ${headDim}u;
  let first = select(id.x, ${heads * headWidth}u + id.x - ${headDim}u, keys);
  let heads = select(${heads}u, ${keyValueHeads}u, keys) + ${HIDDEN_ZERO};
  var sum = 0.0;
  for (var row = 0u; row < rows[0].x; row++) {
    var of_row = 0.0;
    for (var head = 0u; head < heads; head++) { of_row += contributions[row * ${stride}u + first + head * ${headWidth}u]; }
    sum += of_row;
  }
  output[id.x] += sum;
}
`
}
