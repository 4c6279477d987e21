import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import { SWIGLU_BINDINGS } from './swiglu.reference.ts'
import type { SwigluShape } from './swiglu-shape.ts'

export function swigluWgsl({ columns, lanes }: SwigluShape): string {
  const body = `
    let gate = input[2u * i];
    output[i] = gate / (1.0 + exp(-gate)) * input[2u * i + 1u];`
  return `
${declareBindings(SWIGLU_BINDINGS, { rows: 'vec4u', input: 'vec4f', output: 'vec4f' })}

${eachQuadWgsl(lanes, body, { end: `rows[0].x * ${columns / 8}u` })}
`
}
