import { declareBindings } from '../declare-bindings.ts'
import type { ColumnSumsShape } from './column-sums.reference.ts'
import { COLUMN_SUMS_BINDINGS } from './column-sums.reference.ts'

export function columnSumsWgsl({ columns, stride, offset, lanes }: ColumnSumsShape): string {
  return `
${declareBindings(COLUMN_SUMS_BINDINGS, { rows: 'vec4u', input: 'vec4f', output: 'vec4f' })}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= ${columns / 4}u) { return; }
  var sum = vec4f();
  for (var row = 0u; row < rows[0].x; row++) {
    sum += input[row * ${stride / 4}u + ${offset / 4}u + quad];
  }
  output[quad] = output[quad] + sum;
}
`
}
