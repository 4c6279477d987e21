import { declareBindings } from '../declare-bindings.ts'
import { SWIGLU_BINDINGS } from './swiglu.reference.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export function swigluWgsl({ columns, lanes }: SwigluShape): string {
  return `
${declareBindings(SWIGLU_BINDINGS, { rows: 'vec4u', input: 'vec4f', output: 'vec4f' })}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= rows[0].x || id.x >= ${columns / 8}u) { return; }
  let place = id.y * ${columns / 8}u + id.x;
  let gate = input[2u * place];
  output[place] = gate / (1.0 + exp(-gate)) * input[2u * place + 1u];
}
`
}
