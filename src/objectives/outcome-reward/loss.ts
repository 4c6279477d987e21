import type { Judgements } from '../arithmetic/judgements.ts'
import { gather, judgementMetrics, judgeOutputs } from '../arithmetic/judgements.ts'
import { checkLabel, checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

/** A response and whether it came out right. */
export interface OutcomeRewardItem {
  readonly id: string
  /** One readout at the last token; more readouts teach the model to foresee the outcome from a part of the response. */
  readonly sequence: TrainingSequence
  /** 1 for right, 0 for wrong, or a probability. */
  readonly label: number
}

/**
 * An outcome reward model, or verifier (Cobbe et al., arXiv 2110.14168): the mean over the readouts of all sequences of
 *
 *   loss = −y log σ(s) − (1 − y) log(1 − σ(s))
 *
 * with y the outcome of the whole response, whichever part of it a readout has seen.
 */
export const outcomeReward: LossFunction<OutcomeRewardItem, Judgements> = {
  name: 'outcome-reward',
  needs: { logprobs: false, scores: true },
  sequences: ({ sequence }) => [sequence],

  weight({ id, sequence, label }) {
    checkSequence(id, sequence, false)
    checkLabel(id, label)
    return sequence.readouts.length
  },

  evaluate({ sequence, label }, values, gradients, total) {
    const [said] = values as readonly [SequenceValues]
    const [slopes] = gradients as readonly [SequenceGradients]
    return judgeOutputs(said, slopes, new Float64Array(sequence.readouts.length).fill(label), total)
  },

  metrics: (observations) => judgementMetrics(gather(observations)),
}
