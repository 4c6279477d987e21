import { declareBindings } from '../declare-bindings.ts'
import type { EmbeddingShape } from './embedding.reference.ts'
import { EMBEDDING_BINDINGS } from './embedding.reference.ts'

export function embeddingWgsl({ hidden, outputStride, first, end, tableStride, lanes }: EmbeddingShape): string {
  return `
${declareBindings(EMBEDDING_BINDINGS, { rows: 'vec4u', table: 'f32', output: 'vec4f' })}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y;
  if (row >= rows[0].x || id.x >= ${hidden / 4}u) { return; }
  let token = rows[1u + row].x;
  if (token < ${first}u || token >= ${end}u) { return; }
  let place = id.x * ${4 * tableStride}u + (token - ${first}u);
  output[row * ${outputStride / 4}u + id.x] = vec4f(
    table[place],
    table[place + ${tableStride}u],
    table[place + ${2 * tableStride}u],
    table[place + ${3 * tableStride}u],
  );
}
`
}
