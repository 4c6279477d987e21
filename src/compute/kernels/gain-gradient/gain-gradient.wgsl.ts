import { declareBindings } from '../declare-bindings.ts'
import { NO_SLOT } from '../rows.ts'
import type { GainGradientShape } from './gain-gradient.reference.ts'
import { GAIN_GRADIENT_BINDINGS } from './gain-gradient.reference.ts'

export function gainGradientWgsl({ hidden, stride, from, lanes }: GainGradientShape): string {
  const elements = { rows: 'vec4u', input: 'vec4f', gradient: 'vec4f', scales: 'f32', output: 'vec4f' }
  return `
${declareBindings(GAIN_GRADIENT_BINDINGS, elements)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= ${Math.ceil(hidden / 4)}u) { return; }
  var sum = vec4f();
  for (var row = 0u; row < rows[0].x; row++) {
    let from_row = ${from === 'slot' ? 'rows[1u + row].w' : 'row'};
    ${from === 'slot' ? `if (from_row == ${NO_SLOT}u) { continue; }` : ''}
    sum = fma(gradient[from_row * ${stride / 4}u + quad] * scales[row], input[row * ${stride / 4}u + quad], sum);
  }
  output[quad] = output[quad] + sum;
}
`
}
