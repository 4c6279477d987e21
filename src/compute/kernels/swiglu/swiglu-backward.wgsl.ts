import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import { SWIGLU_BACKWARD_BINDINGS } from './swiglu-backward.reference.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export function swigluBackwardWgsl({ columns, lanes }: SwigluShape): string {
  const elements = { rows: 'vec4u', input: 'vec4f', gradient: 'vec4f', output: 'vec4f' }
  const body = `
    let gate = input[2u * i];
    let given = gradient[i];
    let open = 1.0 / (1.0 + exp(-gate));
    output[2u * i] = given * input[2u * i + 1u] * (open * (1.0 + gate * (1.0 - open)));
    output[2u * i + 1u] = given * (gate * open);`
  return `
${declareBindings(SWIGLU_BACKWARD_BINDINGS, elements)}

${eachQuadWgsl(lanes, body, { end: `rows[0].x * ${columns / 8}u` })}
`
}
