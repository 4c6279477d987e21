import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import type { ReluShape } from './relu.reference.ts'
import { RELU_BINDINGS } from './relu.reference.ts'

export function reluWgsl({ stride, lanes }: ReluShape): string {
  const body = `
    let x = values[i];
    values[i] = select(x, vec4f(0.0), x < vec4f(0.0));`
  return `
${declareBindings(RELU_BINDINGS, { rows: 'vec4u', values: 'vec4f' })}
${eachQuadWgsl(lanes, body, { end: `rows[0].x * ${stride / 4}u` })}
`
}
