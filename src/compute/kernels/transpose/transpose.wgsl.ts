import { declareBindings } from '../declare-bindings.ts'
import { singleWeightWgsl } from '../weight-format.wgsl.ts'
import type { TransposeShape } from './transpose.reference.ts'
import { TRANSPOSE_BINDINGS } from './transpose.reference.ts'

/** Blocks of four by four that one invocation turns, one below the other: what it writes fills whole cache lines. */
export const BLOCKS = 4

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
  if (id.x >= ${width / 4}u) { return; }
  let end = (rows[0].x + ${padTo - 1}u) / ${padTo}u * ${padTo / 4}u;
  let stop = min((id.y + 1u) * ${BLOCKS}u, end);
  let place = 4u * id.x * ${outputStride / 4}u;
  for (var i = id.y * ${BLOCKS}u; i < stop; i++) {
    let row = 4u * i;
    let turned = transpose(
      mat4x4f(quad_at(row, id.x), quad_at(row + 1u, id.x), quad_at(row + 2u, id.x), quad_at(row + 3u, id.x)));
    output[place + i] = turned[0];
    output[place + ${outputStride / 4}u + i] = turned[1];
    output[place + ${2 * (outputStride / 4)}u + i] = turned[2];
    output[place + ${3 * (outputStride / 4)}u + i] = turned[3];
  }
}
`
}
