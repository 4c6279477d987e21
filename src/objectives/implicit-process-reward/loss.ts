import { sigmoid } from '../../core/numerics.ts'
import { accuracy } from '../../rewards/accuracy.ts'
import type { Judgements } from '../arithmetic/judgements.ts'
import { binaryCrossEntropy, gather } from '../arithmetic/judgements.ts'
import { sum } from '../arithmetic/sum.ts'
import { checkLabel, checkLength, checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

export interface ImplicitRewardSettings {
  /** Scale of the reward; 0.05 in the paper. */
  readonly beta: number
}

/** A response and whether it came out right. */
export interface ImplicitRewardItem {
  readonly id: string
  readonly sequence: TrainingSequence
  /** log π_ref per completion token. */
  readonly referenceLogprobs: ArrayLike<number>
  /** 1 for right, 0 for wrong, or a probability. */
  readonly label: number
}

/**
 * A language model that is a process reward model without ever having seen a step's label (Yuan et al., arXiv 2412.01981,
 * eq. 5; PRIME, arXiv 2502.01456): the mean over responses of
 *
 *   loss = −y log σ(R) − (1 − y) log(1 − σ(R)),   R = Σ_t r_t,   r_t = β (log π_t − log π_ref,t)
 *
 * with y the outcome. What a step adds to R is its reward: `implicitStepRewards`.
 */
export function implicitProcessReward({ beta }: ImplicitRewardSettings): LossFunction<ImplicitRewardItem, Judgements> {
  return {
    name: 'implicit-process-reward',
    needs: { logprobs: true, scores: false },
    sequences: ({ sequence }) => [sequence],

    weight({ id, sequence, referenceLogprobs, label }) {
      checkSequence(id, sequence, true)
      checkLength(id, 'log-probabilities of the reference model', referenceLogprobs, sequence.readouts.length)
      checkLabel(id, label)
      return 1
    },

    evaluate({ referenceLogprobs, label }, values, gradients, total) {
      const [{ logprobs }] = values as readonly [SequenceValues]
      const [slopes] = gradients as readonly [SequenceGradients]
      const reward = beta * (sum(logprobs) - sum(referenceLogprobs))
      slopes.logprobs.fill((beta * (sigmoid(reward) - label)) / total)
      return {
        loss: binaryCrossEntropy(reward, label) / total,
        observation: { scores: [sigmoid(reward)], labels: [label] },
      }
    },

    metrics(observations) {
      const { scores, labels } = gather(observations)
      return { accuracy: accuracy(scores, labels) }
    },
  }
}

/** r_t = β (log π_t − log π_ref,t) per completion token. */
export function implicitTokenRewards(
  beta: number,
  logprobs: ArrayLike<number>,
  referenceLogprobs: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(logprobs, (logprob, t) => beta * (logprob - (referenceLogprobs[t] as number)))
}
