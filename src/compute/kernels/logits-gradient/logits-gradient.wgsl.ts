import { declareBindings } from '../declare-bindings.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { LogitsGradientShape } from './logits-gradient.reference.ts'
import { LOGITS_GRADIENT_BINDINGS } from './logits-gradient.reference.ts'

/** Quads of logits that one invocation does: a row of a wide vocabulary would otherwise be thousands of workgroups. */
export const QUADS_PER_LANE = 16

export function logitsGradientWgsl({ vocabulary, stride, lanes }: LogitsGradientShape): string {
  const elements = { rows: 'vec4u', stats: 'vec4f', coefficients: 'vec2f', logits: 'vec4f' }
  const span = lanes * QUADS_PER_LANE
  return `
${declareBindings(LOGITS_GRADIENT_BINDINGS, elements)}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y;
  if (row >= rows[0].x) { return; }
  let target_id = rows[1u + row].x;
  let numbers = stats[row];
  let by = coefficients[row];
  let end = min((group.x + 1u) * ${span}u, ${stride / 4}u) + ${HIDDEN_ZERO};
  for (var i = group.x * ${span}u + local.x; i < end; i += ${lanes}u) {
    let place = row * ${stride / 4}u + i;
    let ids = 4u * i + vec4u(0u, 1u, 2u, 3u);
    let logprob = logits[place] - numbers.y;
    let p = exp(logprob);
    let one = select(vec4f(), vec4f(1.0), ids == vec4u(target_id));
    let gradient = by.x * (one - p) - by.y * p * (logprob + numbers.z);
    logits[place] = select(vec4f(), gradient, ids < vec4u(${vocabulary}u));
  }
}
`
}
