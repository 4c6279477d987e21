import { declareBindings } from '../declare-bindings.ts'
import { singleWeightWgsl } from '../weight-format.wgsl.ts'
import type { TransposeShape } from './transpose.reference.ts'
import { TRANSPOSE_BINDINGS } from './transpose.reference.ts'

/** One invocation turns a block of four by four. */
export function transposeWgsl(shape: TransposeShape): string {
  const { format, inputStride, inputOffset, width, outputStride, padTo, lanes } = shape
  const read =
    format === 'f32'
      ? `return input[row * ${inputStride / 4}u + ${inputOffset / 4}u + quad];`
      : `let c = ${inputOffset}u + 4u * quad;
  return vec4f(weight(row, c), weight(row, c + 1u), weight(row, c + 2u), weight(row, c + 3u));`
  return `
${declareBindings(TRANSPOSE_BINDINGS, { rows: 'vec4u', input: format === 'f32' ? 'vec4f' : 'u32', output: 'vec4f' })}

${format === 'f32' ? '' : singleWeightWgsl(format, 'input', inputStride)}

fn quad_at(row: u32, quad: u32) -> vec4f {
  if (row >= rows[0].x) { return vec4f(); }
  ${read}
}

@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = 4u * id.y;
  let end = (rows[0].x + ${padTo - 1}u) / ${padTo}u * ${padTo}u;
  if (row >= end || id.x >= ${width / 4}u) { return; }
  let turned = transpose(mat4x4f(quad_at(row, id.x), quad_at(row + 1u, id.x), quad_at(row + 2u, id.x), quad_at(row + 3u, id.x)));
  let place = 4u * id.x * ${outputStride / 4}u + id.y;
  output[place] = turned[0];
  output[place + ${outputStride / 4}u] = turned[1];
  output[place + ${2 * (outputStride / 4)}u] = turned[2];
  output[place + ${3 * (outputStride / 4)}u] = turned[3];
}
`
}
