import { declareBindings } from '../declare-bindings.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { RmsnormShape } from './rmsnorm.reference.ts'
import { RMSNORM_BINDINGS } from './rmsnorm.reference.ts'

export function rmsnormWgsl({ hidden, stride, epsilon, to, lanes, serialLanes }: RmsnormShape): string {
  const quads = Math.ceil(hidden / 4)
  return `
${declareBindings(RMSNORM_BINDINGS, { rows: 'vec4u', input: 'vec4f', gain: 'vec4f', output: 'vec4f' })}
${reduceWgsl(lanes)}

@compute @workgroup_size(${lanes === 1 ? serialLanes : lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let item = ${lanes === 1 ? `group.x * ${serialLanes}u + local.x` : 'group.x'};
  let lane = ${lanes === 1 ? '0u' : 'local.x'};
  if (item >= rows[0].x) { return; }
  let row = ${to === 'slot' ? 'rows[1u + item].x' : 'item'};
  let out_row = ${to === 'slot' ? 'rows[1u + item].w' : 'item'};
  ${to === 'slot' ? 'if (out_row == 0xffffffffu) { return; }' : ''}
  let base = row * ${stride / 4}u;
  let quads = ${quads}u + ${HIDDEN_ZERO};
  var sum = vec4f();
  for (var i = lane; i < quads; i += ${lanes}u) {
    let x = input[base + i];
    sum = fma(x, x, sum);
  }
  let total = reduce_sum((sum.x + sum.y) + (sum.z + sum.w), lane);
  let scale = 1.0 / sqrt(total * ${1 / hidden} + ${epsilon});
  let place = out_row * ${stride / 4}u;
  for (var i = lane; i < quads; i += ${lanes}u) {
    output[place + i] = input[base + i] * scale * gain[i];
  }
}
`
}
