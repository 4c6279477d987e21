import type { Views } from '../../backend.ts'
import {
  FLAG_ENDS,
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
import { TokenSampler } from './sample-token.ts'

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
  const sampler = new TokenSampler(vocabulary)

  return () => {
    const count = rows[0] as number
    for (let target = 0; target < count; target++) {
      const number = rows[rowStart(target) + TARGET_TABLE] as number
      const lane = number * LANE_WORDS
      const state = number * STATE_WORDS
      const from = (rows[rowStart(target) + TARGET_ROW] as number) * logitsStride
      const position = states[state + LANE_NEXT_POSITION] as number
      const { token, logprob } = sampler.sample(logits, from, flags, {
        temperature: laneFloats[lane + LANE_TEMPERATURE] as number,
        topK: lanes[lane + LANE_TOP_K] as number,
        topP: laneFloats[lane + LANE_TOP_P] as number,
        key: {
          seed: lanes[lane + LANE_SEED] as number,
          node: lanes[lane + LANE_NODE] as number,
          sample: lanes[lane + LANE_SAMPLE] as number,
        },
        position,
      })
      const sampled = states[state + LANE_SAMPLED] as number
      const place = (number * steps + (sampled % steps)) * RESULT_WORDS
      results[place] = token
      resultFloats[place + 1] = logprob
      const ends =
        ((flags[token] as number) & FLAG_ENDS) !== 0 || sampled + 1 >= (lanes[lane + LANE_MAX_TOKENS] as number)
      states[state + LANE_SAMPLED] = sampled + 1
      states[state + LANE_DONE] = ends ? 1 : 0
      states[state + LANE_TOKEN] = token
      states[state + LANE_NEXT_POSITION] = position + 1
    }
  }
}
