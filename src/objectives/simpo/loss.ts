import { logSigmoid, sigmoid } from '../../core/numerics.ts'
import { mean } from '../../core/statistics.ts'
import { sum } from '../arithmetic/sum.ts'
import { checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

export interface SimpoSettings {
  /** Scale of the reward: 2 to 2.5 in the paper. */
  readonly beta: number
  /** γ: how much the chosen response's reward should exceed the rejected one's; TRL's `simpo_gamma`. */
  readonly gamma: number
}

/** Two responses to one prompt. */
export interface SimpoItem {
  readonly id: string
  readonly chosen: TrainingSequence
  readonly rejected: TrainingSequence
}

interface SimpoObservation {
  readonly chosen: number
  readonly rejected: number
}

/**
 * Simple preference optimization (Meng, Xia, Chen, arXiv 2405.14734, eq. 6), the mean over pairs of
 *
 *   loss = −log σ(r(chosen) − r(rejected) − γ),   r(y) = β / |y| · log π(y)
 *
 * with log π(y) summed over the |y| tokens of the completion. The reward is what a response is sampled by, its mean
 * log-probability, so that no reference model is needed and longer responses are not rewarded for their length.
 */
export function simpo({ beta, gamma }: SimpoSettings): LossFunction<SimpoItem, SimpoObservation> {
  return {
    name: 'simpo',
    needs: { logprobs: true, scores: false },
    sequences: ({ chosen, rejected }) => [chosen, rejected],

    weight({ id, chosen, rejected }) {
      checkSequence(`${id}, chosen`, chosen, true)
      checkSequence(`${id}, rejected`, rejected, true)
      return 1
    },

    evaluate(_, values, gradients, total) {
      const [chosen, rejected] = values as readonly [SequenceValues, SequenceValues]
      const [chosenSlopes, rejectedSlopes] = gradients as readonly [SequenceGradients, SequenceGradients]
      const reward = ({ logprobs }: SequenceValues) => (beta * sum(logprobs)) / logprobs.length
      const rewards = { chosen: reward(chosen), rejected: reward(rejected) }
      const margin = rewards.chosen - rewards.rejected - gamma
      const slope = (-beta * sigmoid(-margin)) / total
      chosenSlopes.logprobs.fill(slope / chosen.logprobs.length)
      rejectedSlopes.logprobs.fill(-slope / rejected.logprobs.length)
      return { loss: -logSigmoid(margin) / total, observation: rewards }
    },

    metrics(observations) {
      const average = (value: (seen: SimpoObservation) => number) => mean(observations.map(value))
      return {
        'rewards/chosen': average(({ chosen }) => chosen),
        'rewards/rejected': average(({ rejected }) => rejected),
        'rewards/margins': average(({ chosen, rejected }) => chosen - rejected),
        'rewards/accuracies': average(({ chosen, rejected }) => (chosen > rejected ? 1 : 0)),
      }
    },
  }
}
