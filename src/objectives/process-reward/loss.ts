import { expectedCalibrationError } from '../../rewards/calibration.ts'
import type { Judgements } from '../arithmetic/judgements.ts'
import { gather, judgementMetrics, judgeOutputs } from '../arithmetic/judgements.ts'
import { sum } from '../arithmetic/sum.ts'
import { checkLabel, checkLength, checkSequence } from '../check-example.ts'
import type { LabelWeight } from '../label-balance.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

/** A trace judged step by step. */
export interface ProcessRewardItem {
  readonly id: string
  /** Heads at the last tokens of the labelled steps; steps without a label have none. */
  readonly sequence: TrainingSequence
  /** For each readout the probability that the step is right, in [0, 1]: soft, or hard as 0 and 1. */
  readonly labels: ArrayLike<number>
  /** For each readout what its label weighs; 1 where not given. */
  readonly weights?: readonly LabelWeight[]
}

/**
 * A process reward model (Lightman et al., arXiv 2305.20050; soft labels: Math-Shepherd, arXiv 2312.08935, eq. 4): the
 * mean over labelled step ends of all sequences of
 *
 *   loss = −y log σ(s) − (1 − y) log(1 − σ(s))
 *
 * With weights, both terms have theirs (`LabelBalance`), and the mean is over what all labels weigh.
 *
 * In `auc` and `accuracy` a soft label counts as right from ½ on; `calibration_error` takes it as it is.
 */
export const processReward: LossFunction<ProcessRewardItem, Judgements> = {
  name: 'process-reward',
  needs: { logprobs: false, scores: true },
  sequences: ({ sequence }) => [sequence],

  weight({ id, sequence, labels, weights }) {
    checkSequence(id, sequence, false)
    checkLength(id, 'labels', labels, sequence.readouts.length)
    for (let i = 0; i < labels.length; i++) checkLabel(id, labels[i] as number)
    if (weights === undefined) return labels.length
    return sum(
      weights.map(({ right, wrong }, readout) => {
        const label = labels[readout] as number
        return right * label + wrong * (1 - label)
      }),
    )
  },

  evaluate({ labels, weights }, values, gradients, total) {
    const [said] = values as readonly [SequenceValues]
    const [slopes] = gradients as readonly [SequenceGradients]
    return judgeOutputs(said, slopes, labels, total, weights)
  },

  metrics(observations) {
    const judgements = gather(observations)
    const { scores, labels } = judgements
    return { ...judgementMetrics(judgements), calibration_error: expectedCalibrationError(scores, labels) }
  },
}
