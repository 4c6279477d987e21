import type { Views } from '../../backend.ts'
import { rowStart, TARGET_ROW, TARGET_TABLE } from '../rows.ts'
import {
  FLAG_ENDS,
  RESULT_WORDS,
  SEQUENCE_DONE,
  SEQUENCE_MAX_TOKENS,
  SEQUENCE_NEXT_POSITION,
  SEQUENCE_NODE,
  SEQUENCE_SAMPLE,
  SEQUENCE_SAMPLED,
  SEQUENCE_SEED,
  SEQUENCE_TEMPERATURE,
  SEQUENCE_TOKEN,
  SEQUENCE_TOP_K,
  SEQUENCE_TOP_P,
  SEQUENCE_WORDS,
  STATE_WORDS,
} from '../sequences.ts'
import { TokenSampler } from './sample-token.ts'

export interface SamplerShape {
  readonly vocabulary: number
  /** Floats from one row of the logits to the next. */
  readonly logitsStride: number
  /** Results of one sequence that there is room for. */
  readonly steps: number
  /** Invocations per row. */
  readonly lanes: number
}

export const SAMPLER_BINDINGS = {
  /** Targets, one for each sequence: sequences whose histories are equal draw from the same row of logits. */
  rows: ['u32', 'read'],
  sequences: ['u32', 'read'],
  flags: ['u32', 'read'],
  logits: ['f32', 'read'],
  states: ['u32', 'read_write'],
  results: ['u32', 'read_write'],
} as const

export function samplerReference(shape: SamplerShape, views: Views<typeof SAMPLER_BINDINGS>): () => void {
  const { vocabulary, logitsStride, steps } = shape
  const { rows, sequences, flags, logits, states, results } = views
  const sequenceFloats = new Float32Array(sequences.buffer, sequences.byteOffset, sequences.length)
  const resultFloats = new Float32Array(results.buffer, results.byteOffset, results.length)
  const sampler = new TokenSampler(vocabulary)

  return () => {
    const count = rows[0] as number
    for (let target = 0; target < count; target++) {
      const number = rows[rowStart(target) + TARGET_TABLE] as number
      const sequence = number * SEQUENCE_WORDS
      const state = number * STATE_WORDS
      const from = (rows[rowStart(target) + TARGET_ROW] as number) * logitsStride
      const position = states[state + SEQUENCE_NEXT_POSITION] as number
      const { token, logprob } = sampler.sample(logits, from, flags, {
        temperature: sequenceFloats[sequence + SEQUENCE_TEMPERATURE] as number,
        topK: sequences[sequence + SEQUENCE_TOP_K] as number,
        topP: sequenceFloats[sequence + SEQUENCE_TOP_P] as number,
        key: {
          seed: sequences[sequence + SEQUENCE_SEED] as number,
          node: sequences[sequence + SEQUENCE_NODE] as number,
          sample: sequences[sequence + SEQUENCE_SAMPLE] as number,
        },
        position,
      })
      const sampled = states[state + SEQUENCE_SAMPLED] as number
      const place = (number * steps + (sampled % steps)) * RESULT_WORDS
      results[place] = token
      resultFloats[place + 1] = logprob
      const ends =
        ((flags[token] as number) & FLAG_ENDS) !== 0 ||
        sampled + 1 >= (sequences[sequence + SEQUENCE_MAX_TOKENS] as number)
      states[state + SEQUENCE_SAMPLED] = sampled + 1
      states[state + SEQUENCE_DONE] = ends ? 1 : 0
      states[state + SEQUENCE_TOKEN] = token
      states[state + SEQUENCE_NEXT_POSITION] = position + 1
    }
  }
}
