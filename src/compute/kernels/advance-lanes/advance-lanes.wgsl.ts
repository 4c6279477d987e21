import { declareBindings } from '../declare-bindings.ts'
import { ADVANCE_LANES_BINDINGS } from './advance-lanes.reference.ts'

export function advanceLanesWgsl(lanes: number): string {
  const head = declareBindings(ADVANCE_LANES_BINDINGS, { rows: 'vec4u', states: 'vec4u' })
  const moved = 'vec4u(state.z, state.w - 1u, row.z, row.w)'
  if (lanes === 1) {
    return `
${head}

@compute @workgroup_size(1)
fn main() {
  let count = rows[0].x;
  var kept = 0u;
  for (var i = 0u; i < count; i++) {
    let row = rows[1u + i];
    let state = states[row.z];
    if (state.y != 0u) { continue; }
    kept++;
    rows[kept] = ${moved};
  }
  rows[0].x = kept;
}
`
  }
  // Rows move only towards the front, so a batch of rows is read before any of its places is written.
  return `
${head}
var<workgroup> count: u32;
var<workgroup> going: array<u32, ${lanes}>;

@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  if (lane == 0u) { count = rows[0].x; }
  let total = workgroupUniformLoad(&count);
  var kept = 0u;
  for (var start = 0u; start < total; start += ${lanes}u) {
    let i = start + lane;
    let row = rows[1u + min(i, total - 1u)];
    let state = states[row.z];
    let goes = select(0u, 1u, i < total && state.y == 0u);
    going[lane] = goes;
    workgroupBarrier();
    storageBarrier();
    var before = 0u;
    var all = 0u;
    for (var j = 0u; j < ${lanes}u; j++) {
      before += select(0u, going[j], j < lane);
      all += going[j];
    }
    if (goes == 1u) { rows[1u + kept + before] = ${moved}; }
    kept += all;
    workgroupBarrier();
    storageBarrier();
  }
  if (lane == 0u) { rows[0].x = kept; }
}
`
}
