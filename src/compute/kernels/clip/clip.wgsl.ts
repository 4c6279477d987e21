import { SETTING_MAX_NORM } from '../adamw/adamw-settings.ts'
import { declareBindings } from '../declare-bindings.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import type { ClipShape } from './clip.reference.ts'
import { CLIP_BINDINGS, CLIP_EPSILON } from './clip.reference.ts'

/** Terms that are added up before they join the sum of all: thousands of them one by one would lose digits. */
const BLOCK = 64

export function clipWgsl({ lanes }: ClipShape): string {
  return `
${declareBindings(CLIP_BINDINGS, { rows: 'vec4u', partials: 'f32', settings: 'f32', output: 'f32' })}
${reduceWgsl(lanes)}

@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let count = rows[0].x;
  var sum = 0.0;
  for (var i = lane; i < count;) {
    let block_end = min(i + ${BLOCK * lanes}u, count);
    var block = 0.0;
    for (; i < block_end; i += ${lanes}u) { block += partials[i]; }
    sum += block;
  }
  let norm = sqrt(reduce_sum(sum, lane));
  if (lane == 0u) {
    let most = settings[${SETTING_MAX_NORM}];
    output[0] = norm;
    output[1] = select(1.0, min(1.0, most / (norm + ${CLIP_EPSILON})), most > 0.0);
  }
}
`
}
