import { declareBindings } from '../declare-bindings.ts'
import { reduceWgsl } from '../reduce.wgsl.ts'
import { HIDDEN_ZERO } from '../rows.ts'
import { FLAG_ENDS, FLAG_NEVER } from '../sequences.ts'
import type { SamplerShape } from './sampler.reference.ts'
import { SAMPLER_BINDINGS } from './sampler.reference.ts'

/**
 * One workgroup has a sequence. Nothing is sorted: the set of topK or topP is every token above a threshold, and, at the
 * threshold, the lowest ids. Both are found bit by bit, counting (or adding up) what lies at or above a candidate.
 */
export function samplerWgsl({ vocabulary, logitsStride, steps, lanes }: SamplerShape): string {
  const each = `for (var id = lane; id < ${vocabulary}u + ${HIDDEN_ZERO}; id += ${lanes}u)`
  const idBits = Math.max(1, Math.ceil(Math.log2(vocabulary)))
  const elements = { rows: 'vec4u', sequences: 'vec4u', flags: 'u32', logits: 'f32', states: 'vec4u', results: 'vec2u' }
  return `
${declareBindings(SAMPLER_BINDINGS, elements)}
${reduceWgsl(lanes)}
${NOISE}

/** A token is kept where its order is above the threshold, or equal to it and its id at most the last one. */
struct Cut { threshold: u32, last: u32 }

fn is_kept(order: u32, id: u32, cut: Cut) -> bool {
  return order > cut.threshold || (order == cut.threshold && id <= cut.last);
}

fn allowed(id: u32) -> bool { return (flags[id] & ${FLAG_NEVER}u) == 0u; }

/** Weight of what both cuts keep; every token counts 1 where by_count, its probability otherwise. */
fn weigh(base: u32, most: f32, temperature: f32, by_count: bool, within: Cut, cut: Cut, lane: u32) -> f32 {
  var sum = 0.0;
  ${each} {
    let logit = logits[base + id];
    let order = order_of(logit);
    if (allowed(id) && is_kept(order, id, within) && is_kept(order, id, cut)) {
      sum += select(exp((logit - most) / temperature), 1.0, by_count);
    }
  }
  return reduce_sum(sum, lane);
}

/** The smallest cut within another whose weight reaches a target. */
fn find_cut(base: u32, most: f32, temperature: f32, by_count: bool, target_weight: f32, within: Cut, lane: u32) -> Cut {
  var cut = Cut(0u, ${vocabulary}u);
  for (var bit = 32u + ${HIDDEN_ZERO}; bit > 0u; bit--) {
    let higher = Cut(cut.threshold | (1u << (bit - 1u)), ${vocabulary}u);
    if (weigh(base, most, temperature, by_count, within, higher, lane) >= target_weight) { cut = higher; }
  }
  var below = 0u;
  for (var bit = ${idBits}u + ${HIDDEN_ZERO}; bit > 0u; bit--) {
    let more = below + (1u << (bit - 1u));
    if (weigh(base, most, temperature, by_count, within, Cut(cut.threshold, more - 1u), lane) < target_weight) { below = more; }
  }
  cut.last = below;
  return cut;
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  if (group.x >= rows[0].x) { return; }
  let row = rows[1u + group.x].x;
  let number = rows[1u + group.x].z;
  let settings = sequences[2u * number];
  let key = sequences[2u * number + 1u];
  let temperature = bitcast<f32>(settings.x);
  let top_p = bitcast<f32>(settings.y);
  let top_k = settings.z;
  let base = row * ${logitsStride}u;
  let state = states[number];

  var most = -3.0e38;
  var most_allowed = -3.0e38;
  ${each} {
    let logit = logits[base + id];
    most = max(most, logit);
    if (allowed(id)) { most_allowed = max(most_allowed, logit); }
  }
  most = reduce_max(most, lane);
  most_allowed = reduce_max(most_allowed, lane);
  var sum = 0.0;
  ${each} { sum += exp(logits[base + id] - most); }
  let log_sum = most + log(reduce_sum(sum, lane));

  let everything = Cut(0u, ${vocabulary}u);
  var cut_k = everything;
  var cut_p = everything;
  if (temperature > 0.0) {
    if (top_k > 0u && top_k < ${vocabulary}u) {
      let all = weigh(base, most_allowed, temperature, true, everything, everything, lane);
      cut_k = find_cut(base, most_allowed, temperature, true, min(f32(top_k), all), everything, lane);
    }
    if (top_p < 1.0) {
      let mass = weigh(base, most_allowed, temperature, false, cut_k, everything, lane);
      cut_p = find_cut(base, most_allowed, temperature, false, max(top_p, 1e-30) * mass, cut_k, lane);
    }
  }

  var best = -3.0e38;
  var best_id = 0xffffffffu;
  ${each} {
    let logit = logits[base + id];
    let order = order_of(logit);
    if (!allowed(id) || !is_kept(order, id, cut_k) || !is_kept(order, id, cut_p)) { continue; }
    var value = logit;
    if (temperature > 0.0) { value = (logit - most_allowed) / temperature + gumbel(key, state.w, id); }
    if (value > best || best_id == 0xffffffffu) {
      best = value;
      best_id = id;
    }
  }
  let winner = reduce_max(best, lane);
  let token = min(reduce_min_u32(select(0xffffffffu, best_id, best == winner), lane), ${vocabulary - 1}u);
  if (lane != 0u) { return; }

  results[number * ${steps}u + state.x % ${steps}u] = vec2u(token, bitcast<u32>(logits[base + token] - log_sum));
  let sampled = state.x + 1u;
  let ends = (flags[token] & ${FLAG_ENDS}u) != 0u || sampled >= settings.w;
  states[number] = vec4u(sampled, select(0u, 1u, ends), token, state.w + 1u);
}
`
}

/** The noise of core/random.ts: the same bits, with a logarithm of our own, as GPUs may err where its result is near 0. */
const NOISE = `
fn pcg4d(key: vec4u) -> vec4u {
  var v = key * 1664525u + 1013904223u;
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  return v;
}

/** Natural logarithm of a positive normal number (Cephes, logf.c). */
fn natural_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  var exponent = i32(bits >> 23u) - 126;
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.70710678) {
    exponent -= 1;
    m = m + m;
  }
  m -= 1.0;
  let z = m * m;
  var p = 7.0376836292e-2;
  p = fma(p, m, -1.1514610310e-1);
  p = fma(p, m, 1.1676998740e-1);
  p = fma(p, m, -1.2420140846e-1);
  p = fma(p, m, 1.4249322787e-1);
  p = fma(p, m, -1.6668057665e-1);
  p = fma(p, m, 2.0000714765e-1);
  p = fma(p, m, -2.4999993993e-1);
  p = fma(p, m, 3.3333331174e-1);
  let e = f32(exponent);
  var y = p * m * z;
  y = fma(e, -2.12194440e-4, y);
  y = fma(z, -0.5, y);
  return fma(e, 0.693359375, m + y);
}

fn gumbel(key: vec4u, position: u32, token: u32) -> f32 {
  let words = pcg4d(vec4u(key.x, key.y, (key.z << 16u) | position, token >> 2u));
  let unit = (f32(words[token & 3u] >> 9u) + 0.5) * ${1 / 8388608};
  return -natural_log(-natural_log(unit));
}

/** Maps floats to integers of the same order. */
fn order_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}
`
