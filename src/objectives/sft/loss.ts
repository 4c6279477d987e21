import { sum, sumOf } from '../arithmetic/sum.ts'
import { checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

/** A demonstration: its readouts are the tokens to learn. */
export interface SftItem {
  readonly id: string
  readonly sequence: TrainingSequence
}

export interface SftObservation {
  readonly learned: number
  readonly read: number
  /** Sums over the learned tokens. */
  readonly entropy: number
  readonly hits: number
}

/**
 * Supervised fine-tuning, the mean over the completion tokens of all sequences:
 *
 *   loss = −1/N Σ log π(token | tokens before)
 *
 * Pretraining is the same with every token but the first as completion (`wholeSequence`); expert iteration (Anthony et
 * al., arXiv 1705.08439; rejection sampling) with the policy's own verified responses (`selectVerified`).
 *
 * `num_tokens` counts the tokens of this batch, prompts included.
 */
export const sft: LossFunction<SftItem, SftObservation> = {
  name: 'sft',
  needs: { logprobs: true, scores: false },
  sequences: ({ sequence }) => [sequence],

  weight({ id, sequence }) {
    checkSequence(id, sequence, true)
    return sequence.readouts.length
  },

  evaluate({ sequence }, values, gradients, total) {
    const [{ logprobs, entropies, hits }] = values as readonly [SequenceValues]
    const [slopes] = gradients as readonly [SequenceGradients]
    const learned = sequence.readouts.length
    slopes.logprobs.fill(-1 / total)
    return {
      loss: -sum(logprobs) / total,
      observation: { learned, read: sequence.tokenIds.length, entropy: sum(entropies), hits: sum(hits) },
    }
  },

  metrics(observations) {
    const learned = sumOf(observations, (seen) => seen.learned)
    return {
      entropy: sumOf(observations, ({ entropy }) => entropy) / learned,
      mean_token_accuracy: sumOf(observations, ({ hits }) => hits) / learned,
      num_tokens: sumOf(observations, ({ read }) => read),
    }
  },
}
