import { declareBindings } from '../declare-bindings.ts'
import { singleWeightWgsl } from '../weight-format.wgsl.ts'
import type { EmbeddingShape } from './embedding.reference.ts'
import { EMBEDDING_BINDINGS } from './embedding.reference.ts'

export function embeddingWgsl({ hidden, outputStride, first, end, columns, format, lanes }: EmbeddingShape): string {
  return `
${declareBindings(EMBEDDING_BINDINGS, { rows: 'vec4u', table: 'u32', output: 'vec4f' })}

${singleWeightWgsl(format, 'table', columns)}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y;
  if (row >= rows[0].x || id.x >= ${hidden / 4}u) { return; }
  let token = rows[1u + row].x;
  if (token < ${first}u || token >= ${end}u) { return; }
  let column = token - ${first}u;
  let h = 4u * id.x;
  output[row * ${outputStride / 4}u + id.x] =
    vec4f(weight(h, column), weight(h + 1u, column), weight(h + 2u, column), weight(h + 3u, column));
}
`
}
