import { declareBindings } from '../declare-bindings.ts'
import type { EmbeddingGradientShape } from './embedding-gradient.reference.ts'
import { EMBEDDING_GRADIENT_BINDINGS } from './embedding-gradient.reference.ts'

export function embeddingGradientWgsl(shape: EmbeddingGradientShape): string {
  const { hidden, stride, first, end, columns, lanes } = shape
  const elements = { rows: 'vec4u', order: 'u32', gradient: 'vec4f', output: 'f32' }
  return `
${declareBindings(EMBEDDING_GRADIENT_BINDINGS, elements)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= rows[0].x || id.x >= ${hidden / 4}u) { return; }
  let segment = rows[1u + id.y];
  if (segment.x < ${first}u || segment.x >= ${end}u) { return; }
  var sum = vec4f();
  for (var i = segment.y; i < segment.z; i++) { sum += gradient[order[i] * ${stride / 4}u + id.x]; }
  let place = 4u * id.x * ${columns}u + segment.x - ${first}u;
  output[place] = output[place] + sum.x;
  output[place + ${columns}u] = output[place + ${columns}u] + sum.y;
  output[place + ${2 * columns}u] = output[place + ${2 * columns}u] + sum.z;
  output[place + ${3 * columns}u] = output[place + ${3 * columns}u] + sum.w;
}
`
}
