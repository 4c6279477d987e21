import { areaUnderCurve } from './area-under-curve.ts'
import type { AreaWithin, LabelledScores } from './area-within.ts'
import { areaWithin } from './area-within.ts'
import type { ReliabilityBin } from './calibration.ts'
import { brierScore, expectedCalibrationError, reliabilityBins } from './calibration.ts'

/** Scores of a trace beside what one kind of label says of its steps. */
export interface CalibratedTrace {
  /** Traces of one problem have the same one. */
  readonly problem: string
  readonly scores: readonly number[]
  /** In [0, 1]; null where nobody said, or where the step lies behind the first wrong one and has no meaning of its own. */
  readonly labels: readonly (number | null)[]
}

export interface Calibration {
  /** Steps that have a label. */
  readonly steps: number
  readonly traces: number
  /** Mean label. */
  readonly right: number
  readonly bins: readonly ReliabilityBin[]
  readonly calibrationError: number
  readonly brier: number
  /** Null where all labels are alike. */
  readonly auc: number | null
  /** Null where no problem has both labels at one depth. */
  readonly within: AreaWithin | null
}

/**
 * How well scores agree with one kind of label: over all steps, and within problem and depth, where a model earns nothing by
 * telling early steps from late ones.
 * @returns null where no step has such a label
 */
export function calibrate(traces: readonly CalibratedTrace[], bins = 10): Calibration | null {
  const scores: number[] = []
  const labels: number[] = []
  const problems = new Map<string, LabelledScores[]>()
  let labelled = 0
  for (const trace of traces) {
    const before = labels.length
    for (const [step, label] of trace.labels.entries()) {
      const score = trace.scores[step]
      if (label === null || score === undefined) continue
      scores.push(score)
      labels.push(label)
    }
    if (labels.length === before) continue
    labelled++
    const own = problems.get(trace.problem)
    if (own) own.push(trace)
    else problems.set(trace.problem, [trace])
  }
  if (labels.length === 0) return null
  return {
    steps: labels.length,
    traces: labelled,
    right: labels.reduce((sum, label) => sum + label, 0) / labels.length,
    bins: reliabilityBins(scores, labels, bins),
    calibrationError: expectedCalibrationError(scores, labels, bins),
    brier: brierScore(scores, labels),
    auc: areaUnderCurve(scores, labels),
    within: areaWithin([...problems.values()]),
  }
}

/** Labels of steps that count: those up to the first wrong one; what is behind it is undefined, not wrong. */
export function definedLabels(labels: readonly (number | null)[]): readonly (number | null)[] {
  const first = labels.findIndex((label) => label !== null && label < 0.5)
  return first < 0 ? labels : labels.map((label, step) => (step <= first ? label : null))
}
