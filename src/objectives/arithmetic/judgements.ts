import { logSigmoid, sigmoid } from '../../core/numerics.ts'
import { accuracy } from '../../rewards/accuracy.ts'
import { areaUnderCurve } from '../../rewards/area-under-curve.ts'
import type { LabelWeight } from '../label-balance.ts'
import type { SequenceGradients, SequenceValues } from '../sequence.ts'
import { scoreLogit, spreadLogit } from './score-logit.ts'

/** Scores in [0, 1] beside what was right. */
export interface Judgements {
  readonly scores: readonly number[]
  readonly labels: readonly number[]
}

/** −y log σ(x) − (1 − y) log σ(−x); its derivative by x is σ(x) − y. */
export function binaryCrossEntropy(logit: number, label: number): number {
  return -label * logSigmoid(logit) - (1 - label) * logSigmoid(-logit)
}

/** As `binaryCrossEntropy`, each of its two terms with its weight, and the derivative by the logit. */
function weightedCrossEntropy(logit: number, label: number, { right, wrong }: LabelWeight) {
  const [yes, no] = [right * label, wrong * (1 - label)]
  return {
    loss: -yes * logSigmoid(logit) - no * logSigmoid(-logit),
    slope: no * sigmoid(logit) - yes * sigmoid(-logit),
  }
}

/**
 * Binary cross-entropy of a sequence's scores with one label each: its share of the mean over a `total` of labels, or of
 * weights. Where the total is 0, nothing weighs anything.
 */
export function judgeOutputs(
  { scores: outputs }: SequenceValues,
  { scores: slopes }: SequenceGradients,
  labels: ArrayLike<number>,
  total: number,
  weights?: readonly LabelWeight[],
): { loss: number; observation: Judgements } {
  const width = outputs.length / labels.length
  const scores: number[] = []
  let loss = 0
  for (let readout = 0; readout < labels.length; readout++) {
    const label = labels[readout] as number
    const logit = scoreLogit(outputs, readout, width)
    const weight = weights?.[readout]
    const judged =
      weight === undefined
        ? { loss: binaryCrossEntropy(logit, label), slope: sigmoid(logit) - label }
        : weightedCrossEntropy(logit, label, weight)
    loss += total === 0 ? 0 : judged.loss / total
    spreadLogit(slopes, outputs, readout, width, total === 0 ? 0 : judged.slope / total)
    scores.push(sigmoid(logit))
  }
  return { loss, observation: { scores, labels: Array.from(labels) } }
}

/** All judgements of a batch. */
export function gather(observations: readonly Judgements[]): Judgements {
  return {
    scores: observations.flatMap(({ scores }) => scores),
    labels: observations.flatMap(({ labels }) => labels),
  }
}

/** accuracy, and auc where both classes are there. */
export function judgementMetrics({ scores, labels }: Judgements): Record<string, number> {
  const auc = areaUnderCurve(scores, labels)
  return { accuracy: accuracy(scores, labels), ...(auc === null ? {} : { auc }) }
}
