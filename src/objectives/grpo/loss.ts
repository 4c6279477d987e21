import { standardDeviation } from '../../core/standard-deviation.ts'
import { mean } from '../../core/statistics.ts'
import { clippedPolicy } from '../arithmetic/clipped-policy.ts'
import { probabilityRatio } from '../arithmetic/probability-ratio.ts'
import { sumOf } from '../arithmetic/sum.ts'
import { checkFinite, checkLength, checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

/** Equal rewards may differ from their mean by a rounding. */
const ZERO = 1e-8

export interface GrpoSettings {
  /** ε: a ratio counts up to 1 ± ε; 0.2. */
  readonly clip: number
  /** β: weight of the divergence from the reference model; 0 does without one. */
  readonly beta: number
}

/** A sampled completion with its advantage over the others of its group. */
export interface GrpoItem {
  readonly id: string
  readonly sequence: TrainingSequence
  /** Names the prompt; items of the same group were sampled from it together. */
  readonly group: string
  readonly reward: number
  /** One for the completion, or one per token where steps were rewarded. */
  readonly advantages: number | ArrayLike<number>
  /** log π_old per token as it was sampled; null where the policy has not changed since, so that the ratio is 1. */
  readonly oldLogprobs: ArrayLike<number> | null
  /** log π_ref per token; may be null where β is 0. */
  readonly referenceLogprobs: ArrayLike<number> | null
}

export interface GrpoObservation {
  readonly group: string
  readonly reward: number
  readonly tokens: number
  readonly clipped: number
  /** Σ over tokens; null without a reference model. */
  readonly divergence: number | null
}

/**
 * Group relative policy optimization (Shao et al., arXiv 2402.03300, eq. 3 and 4), the mean over completions of the mean
 * over a completion's tokens of
 *
 *   loss = −min(ρ A, clip(ρ, 1 − ε, 1 + ε) A) + β (π_ref / π − log(π_ref / π) − 1),   ρ = π / π_old
 *
 * The gradient flows through the divergence too.
 *
 * `reward_std` is the mean of the groups' standard deviations (n − 1), `frac_reward_zero_std` the share of groups whose
 * rewards are all equal and teach nothing; `kl` and `clip_ratio` are means over all tokens. A group is what of it is in
 * the batch.
 */
export function grpo({ clip, beta }: GrpoSettings): LossFunction<GrpoItem, GrpoObservation> {
  return {
    name: 'grpo',
    needs: { logprobs: true, scores: false },
    sequences: ({ sequence }) => [sequence],

    weight({ id, sequence, reward, advantages, oldLogprobs, referenceLogprobs }) {
      const tokens = sequence.readouts.length
      checkSequence(id, sequence, true)
      checkFinite(id, 'reward', reward)
      if (typeof advantages === 'number') checkFinite(id, 'advantage', advantages)
      else checkLength(id, 'advantages', advantages, tokens)
      if (oldLogprobs) checkLength(id, 'log-probabilities of the sampling policy', oldLogprobs, tokens)
      if (referenceLogprobs || beta !== 0) {
        checkLength(id, 'log-probabilities of the reference model', referenceLogprobs ?? [], tokens)
      }
      return 1
    },

    idle({ group, reward, advantages, referenceLogprobs, sequence }) {
      const teaches = typeof advantages === 'number' ? advantages !== 0 : Array.from(advantages).some((a) => a !== 0)
      if (teaches || beta !== 0 || referenceLogprobs) return null
      return { group, reward, tokens: sequence.readouts.length, clipped: 0, divergence: null }
    },

    evaluate({ group, reward, advantages, oldLogprobs, referenceLogprobs }, values, gradients, total) {
      const [{ logprobs }] = values as readonly [SequenceValues]
      const [slopes] = gradients as readonly [SequenceGradients]
      const tokens = logprobs.length
      let loss = 0
      let clipped = 0
      let divergence = 0
      for (let t = 0; t < tokens; t++) {
        const logprob = logprobs[t] as number
        const advantage = typeof advantages === 'number' ? advantages : (advantages[t] as number)
        const policy = clippedPolicy(logprob, oldLogprobs ? (oldLogprobs[t] as number) : logprob, advantage, clip)
        if (policy.clipped) clipped++
        let kl = 0
        let klSlope = 0
        if (referenceLogprobs) {
          const difference = (referenceLogprobs[t] as number) - logprob
          const ratio = probabilityRatio(difference)
          kl = ratio.value - difference - 1
          klSlope = 1 - ratio.slope
        }
        divergence += kl
        loss += (policy.loss + beta * kl) / (tokens * total)
        slopes.logprobs[t] = (policy.slope + beta * klSlope) / (tokens * total)
      }
      return {
        loss,
        observation: { group, reward, tokens, clipped, divergence: referenceLogprobs ? divergence : null },
      }
    },

    metrics(observations) {
      const tokens = sumOf(observations, (seen) => seen.tokens)
      const groups = new Map<string, number[]>()
      for (const { group, reward } of observations) groups.set(group, [...(groups.get(group) ?? []), reward])
      const deviations = [...groups.values()].map(standardDeviation)
      const judged = observations.filter(({ divergence }) => divergence !== null)
      const kl = sumOf(judged, ({ divergence }) => divergence ?? 0) / sumOf(judged, (seen) => seen.tokens)
      return {
        reward: mean(observations.map(({ reward }) => reward)),
        reward_std: mean(deviations),
        frac_reward_zero_std: mean(deviations.map((value) => (value < ZERO ? 1 : 0))),
        ...(judged.length === 0 ? {} : { kl }),
        clip_ratio: sumOf(observations, ({ clipped }) => clipped) / tokens,
        'completions/mean_length': tokens / observations.length,
      }
    },
  }
}
