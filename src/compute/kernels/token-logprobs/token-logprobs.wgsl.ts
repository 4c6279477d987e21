import { declareBindings } from '../declare-bindings.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import type { TokenLogprobsShape } from './token-logprobs.reference.ts'
import { TOKEN_LOGPROBS_BINDINGS } from './token-logprobs.reference.ts'

export function tokenLogprobsWgsl({ vocabulary, stride, lanes, serialLanes }: TokenLogprobsShape): string {
  const quads = Math.ceil(vocabulary / 4)
  const each = `for (var i = lane; i < ${quads}u + ${HIDDEN_ZERO}; i += ${lanes}u)`
  // What lies past the vocabulary counts as less than any logit.
  const masked = `select(vec4f(-3.0e38), logits[base + i], 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(${vocabulary}u))`
  return `
${declareBindings(TOKEN_LOGPROBS_BINDINGS, { rows: 'vec4u', logits: 'vec4f', stats: 'vec4f' })}
${reduceWgsl(lanes)}
fn across(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn quad(base: u32, i: u32) -> vec4f { return ${vocabulary % 4 === 0 ? 'logits[base + i]' : masked}; }

@compute @workgroup_size(${lanes === 1 ? serialLanes : lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = ${lanes === 1 ? `group.x * ${serialLanes}u + local.x` : 'group.x'};
  let lane = ${lanes === 1 ? '0u' : 'local.x'};
  if (row >= rows[0].x) { return; }
  let base = row * ${stride / 4}u;
  // The best of each of the four columns, and the first quad that has it.
  let first = min(lane, ${quads - 1}u);
  var best = quad(base, first);
  var place = vec4u(first);
  ${each} {
    let found = quad(base, i);
    place = select(place, vec4u(i), found > best);
    best = max(best, found);
  }
  let most = reduce_max(max(max(best.x, best.y), max(best.z, best.w)), lane);
  let ids = select(vec4u(0xffffffffu), 4u * place + vec4u(0u, 1u, 2u, 3u), best == vec4f(most));
  let best_id = reduce_min_u32(min(min(ids.x, ids.y), min(ids.z, ids.w)), lane);
  var weights = vec4f();
  var below = vec4f();
  ${each} {
    let apart = quad(base, i) - most;
    let e = exp(apart);
    weights += e;
    below = fma(e, apart, below);
  }
  let sum = reduce_sum(across(weights), lane);
  let mean = reduce_sum(across(below), lane) / sum;
  if (lane != 0u) { return; }
  let target_id = rows[1u + row].x;
  let log_sum = log(sum);
  let logprob = logits[base + target_id / 4u][target_id % 4u] - most - log_sum;
  stats[row] = vec4f(logprob, most + log_sum, log_sum - mean, select(0.0, 1.0, best_id == target_id));
}
`
}
