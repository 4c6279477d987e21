import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import { SCALED_COPY_BINDINGS } from './scaled-copy.reference.ts'

export function scaledCopyWgsl(lanes: number): string {
  return `
${declareBindings(SCALED_COPY_BINDINGS, { rows: 'vec4u', factor: 'f32', input: 'vec4f', output: 'vec4f' })}
${eachQuadWgsl(lanes, 'output[i] = scale * input[i];', { before: 'let scale = factor[0];' })}
`
}
