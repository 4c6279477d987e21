import { gumbelNoise } from '../../../core/random.ts'
import type { Views } from '../../backend.ts'
import {
  FLAG_ENDS,
  FLAG_NEVER,
  LANE_DONE,
  LANE_MAX_TOKENS,
  LANE_NEXT_POSITION,
  LANE_NODE,
  LANE_SAMPLE,
  LANE_SAMPLED,
  LANE_SEED,
  LANE_TEMPERATURE,
  LANE_TOKEN,
  LANE_TOP_K,
  LANE_TOP_P,
  LANE_WORDS,
  RESULT_WORDS,
  STATE_WORDS,
} from '../lanes.ts'
import { rowStart, TARGET_ROW, TARGET_TABLE } from '../rows.ts'

export interface SamplerShape {
  readonly vocabulary: number
  /** Floats from one row of the logits to the next. */
  readonly logitsStride: number
  /** Results of one lane that there is room for. */
  readonly steps: number
  /** Invocations per row. */
  readonly lanes: number
}

export const SAMPLER_BINDINGS = {
  /** Targets, one for each lane: lanes whose histories are equal draw from the same row of logits. */
  rows: ['u32', 'read'],
  lanes: ['u32', 'read'],
  flags: ['u32', 'read'],
  logits: ['f32', 'read'],
  states: ['u32', 'read_write'],
  results: ['u32', 'read_write'],
} as const

export function samplerReference(shape: SamplerShape, views: Views<typeof SAMPLER_BINDINGS>): () => void {
  const { vocabulary, logitsStride, steps } = shape
  const { rows, lanes, flags, logits, states, results } = views
  const laneFloats = new Float32Array(lanes.buffer)
  const resultFloats = new Float32Array(results.buffer)
  const order = new Uint32Array(vocabulary)
  const kept = new Uint8Array(vocabulary)

  function logSumExp(from: number): number {
    let most = Number.NEGATIVE_INFINITY
    for (let id = 0; id < vocabulary; id++) most = Math.max(most, logits[from + id] as number)
    let sum = 0
    for (let id = 0; id < vocabulary; id++) sum += Math.exp((logits[from + id] as number) - most)
    return most + Math.log(sum)
  }

  /** Marks the tokens that may be drawn: allowed, among the topK best, and in the smallest set that reaches topP. */
  function keep(from: number, temperature: number, topK: number, topP: number): void {
    for (let id = 0; id < vocabulary; id++) kept[id] = (flags[id] as number) & FLAG_NEVER ? 0 : 1
    const limited = topK > 0 && topK < vocabulary
    if (temperature === 0 || (!limited && topP >= 1)) return
    let allowed = 0
    for (let id = 0; id < vocabulary; id++) if (kept[id] === 1) order[allowed++] = id
    const logit = (id: number) => logits[from + id] as number
    const best = order.subarray(0, allowed).sort((a, b) => logit(b) - logit(a) || a - b)
    const candidates = limited ? Math.min(topK, allowed) : allowed
    const most = logit(best[0] as number)
    const weight = (place: number) => Math.exp((logit(best[place] as number) - most) / temperature)
    let total = 0
    for (let place = 0; place < candidates; place++) total += weight(place)
    let mass = 0
    for (let place = 0; place < allowed; place++) {
      const inside = place < candidates && (place === 0 || topP >= 1 || mass < topP * total)
      if (!inside) kept[best[place] as number] = 0
      else mass += weight(place)
    }
  }

  function draw(from: number, lane: number, position: number, temperature: number): number {
    const key = {
      seed: lanes[lane + LANE_SEED] as number,
      node: lanes[lane + LANE_NODE] as number,
      sample: lanes[lane + LANE_SAMPLE] as number,
    }
    let chosen = 0
    let most = Number.NEGATIVE_INFINITY
    for (let id = 0; id < vocabulary; id++) {
      if (kept[id] === 0) continue
      const logit = logits[from + id] as number
      const value = temperature === 0 ? logit : logit / temperature + gumbelNoise(key, position, id)
      if (value > most) {
        most = value
        chosen = id
      }
    }
    return chosen
  }

  return () => {
    const count = rows[0] as number
    for (let target = 0; target < count; target++) {
      const number = rows[rowStart(target) + TARGET_TABLE] as number
      const lane = number * LANE_WORDS
      const state = number * STATE_WORDS
      const from = (rows[rowStart(target) + TARGET_ROW] as number) * logitsStride
      const temperature = laneFloats[lane + LANE_TEMPERATURE] as number
      keep(from, temperature, lanes[lane + LANE_TOP_K] as number, laneFloats[lane + LANE_TOP_P] as number)
      const position = states[state + LANE_NEXT_POSITION] as number
      const token = draw(from, lane, position, temperature)
      const sampled = states[state + LANE_SAMPLED] as number
      const place = (number * steps + (sampled % steps)) * RESULT_WORDS
      results[place] = token
      resultFloats[place + 1] = (logits[from + token] as number) - logSumExp(from)
      const ends =
        ((flags[token] as number) & FLAG_ENDS) !== 0 || sampled + 1 >= (lanes[lane + LANE_MAX_TOKENS] as number)
      states[state + LANE_SAMPLED] = sampled + 1
      states[state + LANE_DONE] = ends ? 1 : 0
      states[state + LANE_TOKEN] = token
      states[state + LANE_NEXT_POSITION] = position + 1
    }
  }
}
