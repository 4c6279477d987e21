import { logSigmoid, sigmoid } from '../../core/numerics.ts'
import { mean } from '../../core/statistics.ts'
import { scoreLogit, spreadLogit } from '../arithmetic/score-logit.ts'
import { checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

/** Two responses to one prompt; the reward of each is read at the last of its readouts. */
export interface RankedRewardItem {
  readonly id: string
  readonly chosen: TrainingSequence
  readonly rejected: TrainingSequence
}

export interface RankedRewardObservation {
  readonly chosen: number
  readonly rejected: number
}

/**
 * An outcome reward model from ranked pairs (Bradley & Terry, Biometrika 39, 1952; Ouyang et al., arXiv 2203.02155, eq. 1
 * with K = 2), the mean over pairs of
 *
 *   loss = −log σ(r(chosen) − r(rejected))
 *
 * Pairs that are scored alike count as wrong.
 */
export const rankedReward: LossFunction<RankedRewardItem, RankedRewardObservation> = {
  name: 'ranked-reward',
  needs: { logprobs: false, scores: true },
  sequences: ({ chosen, rejected }) => [chosen, rejected],

  weight({ id, chosen, rejected }) {
    checkSequence(`${id}, chosen`, chosen, false)
    checkSequence(`${id}, rejected`, rejected, false)
    return 1
  },

  evaluate(item, values, gradients, total) {
    const [better, worse] = values as readonly [SequenceValues, SequenceValues]
    const [betterSlopes, worseSlopes] = gradients as readonly [SequenceGradients, SequenceGradients]
    const last = { chosen: item.chosen.readouts.length - 1, rejected: item.rejected.readouts.length - 1 }
    const labels = better.scores.length / item.chosen.readouts.length
    const chosen = scoreLogit(better.scores, last.chosen, labels)
    const rejected = scoreLogit(worse.scores, last.rejected, labels)
    const slope = -sigmoid(rejected - chosen) / total
    spreadLogit(betterSlopes.scores, better.scores, last.chosen, labels, slope)
    spreadLogit(worseSlopes.scores, worse.scores, last.rejected, labels, -slope)
    return { loss: -logSigmoid(chosen - rejected) / total, observation: { chosen, rejected } }
  },

  metrics(observations) {
    const rewards = observations.flatMap(({ chosen, rejected }) => [chosen, rejected])
    const margins = observations.map(({ chosen, rejected }) => chosen - rejected)
    return {
      accuracy: mean(margins.map((margin) => (margin > 0 ? 1 : 0))),
      margin: mean(margins),
      min_reward: rewards.reduce((lowest, reward) => Math.min(lowest, reward)),
      mean_reward: mean(rewards),
      max_reward: rewards.reduce((highest, reward) => Math.max(highest, reward)),
    }
  },
}
