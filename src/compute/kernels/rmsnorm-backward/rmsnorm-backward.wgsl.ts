import { declareBindings } from '../declare-bindings.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import { HIDDEN_ZERO, NO_SLOT } from '../rows.ts'
import type { RmsnormBackwardShape } from './rmsnorm-backward.reference.ts'
import { RMSNORM_BACKWARD_BINDINGS } from './rmsnorm-backward.reference.ts'

export function rmsnormBackwardWgsl(shape: RmsnormBackwardShape): string {
  const { hidden, stride, epsilon, from, epilogue, lanes, serialLanes } = shape
  const elements = {
    rows: 'vec4u',
    input: 'vec4f',
    gain: 'vec4f',
    gradient: 'vec4f',
    output: 'vec4f',
    scales: 'f32',
  }
  const direct = 'gain[i] * gradient[gradient_base + i]'
  // A row without a slot has no gradient; its scale is wanted all the same.
  const guarded = (text: string) => (from === 'slot' ? `if (known) { ${text} }` : text)
  return `
${declareBindings(RMSNORM_BACKWARD_BINDINGS, elements)}
${reduceWgsl(lanes)}

@compute @workgroup_size(${lanes === 1 ? serialLanes : lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = ${lanes === 1 ? `group.x * ${serialLanes}u + local.x` : 'group.x'};
  let lane = ${lanes === 1 ? '0u' : 'local.x'};
  if (row >= rows[0].x) { return; }
  let slot = ${from === 'slot' ? 'rows[1u + row].w' : 'row'};
  ${from === 'slot' ? `let known = slot != ${NO_SLOT}u;` : ''}
  let base = row * ${stride / 4}u;
  let gradient_base = slot * ${stride / 4}u;
  let quads = ${Math.ceil(hidden / 4)}u + ${HIDDEN_ZERO};
  var squares = vec4f();
  var products = vec4f();
  for (var i = lane; i < quads; i += ${lanes}u) {
    let x = input[base + i];
    squares = fma(x, x, squares);
    ${guarded(`products = fma(x, ${direct}, products);`)}
  }
  let square = reduce_sum((squares.x + squares.y) + (squares.z + squares.w), lane);
  let product = reduce_sum((products.x + products.y) + (products.z + products.w), lane);
  let scale = 1.0 / sqrt(square * ${1 / hidden} + ${epsilon});
  let along = product * scale * ${1 / hidden};
  if (lane == 0u) { scales[row] = scale; }
  for (var i = lane; i < quads; i += ${lanes}u) {
    var value = vec4f();
    ${guarded(`value = scale * (${direct} - input[base + i] * scale * along);`)}
    output[base + i] = ${epilogue === 'add' ? 'output[base + i] + value' : 'value'};
  }
}
`
}
