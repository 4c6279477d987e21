import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import { MULTIPLY_BINDINGS } from './multiply.reference.ts'

export function multiplyWgsl(lanes: number): string {
  return `
${declareBindings(MULTIPLY_BINDINGS, { rows: 'vec4u', input: 'vec4f', output: 'vec4f' })}
${eachQuadWgsl(lanes, 'output[i] = output[i] * input[i];')}
`
}
