import { logSigmoid, sigmoid } from '../../core/numerics.ts'
import { mean } from '../../core/statistics.ts'
import { sum } from '../arithmetic/sum.ts'
import { checkFinite, checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

export interface DpoSettings {
  /** How strongly the policy is held to the reference model; 0.1 in the paper. */
  readonly beta: number
  /** α: weight of the chosen response's mean negative log-probability (nats a token); TRL's `rpo_alpha`, 0 without it. */
  readonly rpoAlpha?: number
}

/** Two responses to one prompt. */
export interface DpoItem {
  readonly id: string
  readonly chosen: TrainingSequence
  readonly rejected: TrainingSequence
  /** log π_ref of each completion, summed over its tokens. */
  readonly reference: { readonly chosen: number; readonly rejected: number }
}

export interface DpoObservation {
  readonly logps: { readonly chosen: number; readonly rejected: number }
  readonly rewards: { readonly chosen: number; readonly rejected: number }
  /** −log π(chosen) per token. */
  readonly negativeLogp: number
}

/**
 * Direct preference optimization (Rafailov et al., arXiv 2305.18290, eq. 7), the mean over pairs of
 *
 *   loss = −log σ(r(chosen) − r(rejected)),   r(y) = β (log π(y) − log π_ref(y))
 *
 * with log π(y) summed over the completion's tokens. Reasoning chains of one problem have much in common, so that the chosen
 * one easily becomes less probable together with the rejected one; α > 0 adds −α log π(chosen) / |chosen| against it (Pang et
 * al., arXiv 2404.19733, eq. 1).
 */
export function dpo({ beta, rpoAlpha = 0 }: DpoSettings): LossFunction<DpoItem, DpoObservation> {
  return {
    name: 'dpo',
    needs: { logprobs: true, scores: false },
    sequences: ({ chosen, rejected }) => [chosen, rejected],

    weight({ id, chosen, rejected, reference }) {
      checkSequence(`${id}, chosen`, chosen, true)
      checkSequence(`${id}, rejected`, rejected, true)
      checkFinite(`${id}, chosen`, "reference model's log-probability", reference.chosen)
      checkFinite(`${id}, rejected`, "reference model's log-probability", reference.rejected)
      return 1
    },

    evaluate({ reference }, values, gradients, total) {
      const [chosen, rejected] = values as readonly [SequenceValues, SequenceValues]
      const [chosenSlopes, rejectedSlopes] = gradients as readonly [SequenceGradients, SequenceGradients]
      const logps = { chosen: sum(chosen.logprobs), rejected: sum(rejected.logprobs) }
      const rewards = {
        chosen: beta * (logps.chosen - reference.chosen),
        rejected: beta * (logps.rejected - reference.rejected),
      }
      const margin = rewards.chosen - rewards.rejected
      const slope = (-beta * sigmoid(-margin)) / total
      chosenSlopes.logprobs.fill(slope - rpoAlpha / (chosen.logprobs.length * total))
      rejectedSlopes.logprobs.fill(-slope)
      const negativeLogp = -logps.chosen / chosen.logprobs.length
      const loss = (-logSigmoid(margin) + rpoAlpha * negativeLogp) / total
      return { loss, observation: { logps, rewards, negativeLogp } }
    },

    metrics(observations) {
      const average = (value: (seen: DpoObservation) => number) => mean(observations.map(value))
      return {
        'rewards/chosen': average(({ rewards }) => rewards.chosen),
        'rewards/rejected': average(({ rewards }) => rewards.rejected),
        'rewards/margins': average(({ rewards }) => rewards.chosen - rewards.rejected),
        'rewards/accuracies': average(({ rewards }) => (rewards.chosen > rewards.rejected ? 1 : 0)),
        'logps/chosen': average(({ logps }) => logps.chosen),
        'logps/rejected': average(({ logps }) => logps.rejected),
        ...(rpoAlpha === 0 ? {} : { nll_loss: average(({ negativeLogp }) => negativeLogp) }),
      }
    },
  }
}
