import { declareBindings } from '../declare-bindings.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import type { SumOfSquaresShape } from './sum-of-squares.reference.ts'
import { SUM_OF_SQUARES_BINDINGS } from './sum-of-squares.reference.ts'

/** Terms that are added up before they join the sum of all: millions of squares one by one would lose digits. */
const BLOCK = 256

export function sumOfSquaresWgsl({ partials, lanes, serialLanes }: SumOfSquaresShape): string {
  return `
${declareBindings(SUM_OF_SQUARES_BINDINGS, { rows: 'vec4u', place: 'u32', input: 'vec4f', output: 'f32' })}
${reduceWgsl(lanes)}

@compute @workgroup_size(${lanes === 1 ? serialLanes : lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let partial = ${lanes === 1 ? `group.x * ${serialLanes}u + local.x` : 'group.x'};
  let lane = ${lanes === 1 ? '0u' : 'local.x'};
  if (partial >= ${partials}u) { return; }
  let quads = rows[0].x;
  let span = (quads + ${partials - 1}u) / ${partials}u;
  let end = min((partial + 1u) * span, quads);
  var sum = vec4f();
  for (var i = partial * span + lane; i < end;) {
    let block_end = min(i + ${BLOCK * lanes}u, end);
    var block = vec4f();
    for (; i < block_end; i += ${lanes}u) {
      let x = input[i];
      block = fma(x, x, block);
    }
    sum += block;
  }
  let total = reduce_sum((sum.x + sum.y) + (sum.z + sum.w), lane);
  if (lane == 0u) { output[place[0] + partial] = total; }
}
`
}
