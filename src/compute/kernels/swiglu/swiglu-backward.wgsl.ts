import { declareBindings } from '../declare-bindings.ts'
import { SWIGLU_BACKWARD_BINDINGS } from './swiglu-backward.reference.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export function swigluBackwardWgsl({ columns, lanes }: SwigluShape): string {
  const elements = { rows: 'vec4u', input: 'vec4f', gradient: 'vec4f', output: 'vec4f' }
  return `
${declareBindings(SWIGLU_BACKWARD_BINDINGS, elements)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= rows[0].x || id.x >= ${columns / 8}u) { return; }
  let place = id.y * ${columns / 8}u + id.x;
  let gate = input[2u * place];
  let given = gradient[place];
  let open = 1.0 / (1.0 + exp(-gate));
  output[2u * place] = given * input[2u * place + 1u] * (open * (1.0 + gate * (1.0 - open)));
  output[2u * place + 1u] = given * (gate * open);
}
`
}
