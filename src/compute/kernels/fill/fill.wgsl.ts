import { declareBindings } from '../declare-bindings.ts'
import { eachQuadWgsl } from '../quads.ts'
import type { FillShape } from './fill.reference.ts'
import { FILL_BINDINGS } from './fill.reference.ts'

export function fillWgsl({ value, lanes }: FillShape): string {
  return `
${declareBindings(FILL_BINDINGS, { rows: 'vec4u', output: 'vec4f' })}
${eachQuadWgsl(lanes, `output[i] = vec4f(${value});`)}
`
}
