import type { TrialGroup } from '../core/statistics.ts'
import { mean } from '../core/statistics.ts'
import { aggregate } from '../search/aggregate.ts'
import type { Aggregation, Verdict } from '../search/models.ts'
import { areaUnderCurve } from './area-under-curve.ts'
import type { AreaWithin } from './area-within.ts'
import { areaWithin } from './area-within.ts'
import { expectedCalibrationError } from './calibration.ts'
import { exactLabels } from './exact-labels.ts'
import { firstErrorF1 } from './first-error.ts'
import type { PlacedProblem } from './problem-set.ts'
import { knownVerdict } from './problem-set.ts'

/** The responses to one problem, as a task knows them. */
export interface JudgedGroup extends PlacedProblem {
  readonly responses: readonly { readonly steps: readonly string[] }[]
  verify(steps: readonly string[]): Verdict
  /** The task's exact label of a prefix, where it has such labels. */
  label?(steps: readonly string[]): { readonly label: 0 | 1 }
}

/** Scores of steps beside exact labels. */
export interface JudgedSteps {
  readonly count: number
  /** Share whose label is right. */
  readonly right: number
  /** Null where all labels are alike. */
  readonly auc: number | null
  /** Null where no problem has steps of both labels at one depth. */
  readonly within: AreaWithin | null
  readonly calibrationError: number
  readonly firstErrorF1: number | null
}

/** What a reward model's scores are worth. */
export interface JudgedResponses {
  /** All steps beside their exact labels; null where the task has none. */
  readonly steps: JudgedSteps | null
  readonly problems: number
  /** Responses of a problem that something is picked from: the fewest that any has. */
  readonly n: number
  /** Right responses of each problem. */
  readonly rates: readonly TrialGroup[]
  /** Problems whose pick is right. */
  readonly best: number
}

/**
 * Judges scores of steps by exact labels, and by what is picked with them out of each problem's first n responses. The best
 * is the one with the highest path score among those with an answer; ties go to the first, as in best-of-N.
 * @param scores by group, response and step
 * @throws StepscopeError `bad-problem` for a problem without a gold answer
 */
export function judgeResponses(
  groups: readonly JudgedGroup[],
  scores: readonly (readonly (readonly number[])[])[],
  aggregation: Aggregation,
): JudgedResponses {
  const n = groups.reduce((least, { responses }) => Math.min(least, responses.length), Number.POSITIVE_INFINITY)
  if (groups.length === 0 || n === 0) throw new RangeError('there is nothing to judge')
  const samples = groups.map((own, group) =>
    own.responses.slice(0, n).map(({ steps }, index) => {
      const path = aggregate(aggregation, scores[group]?.[index] ?? [])
      return { answer: own.verify(steps).answer, right: knownVerdict(own, steps), path }
    }),
  )
  return {
    steps: judgeSteps(groups, scores),
    problems: groups.length,
    n,
    rates: samples.map((own) => ({ successes: own.filter(({ right }) => right).length, trials: own.length })),
    best: samples.filter((own) => {
      const answered = own.filter(({ answer }) => answer !== null)
      return bestOf(answered.length > 0 ? answered : own)?.right ?? false
    }).length,
  }
}

function judgeSteps(
  groups: readonly JudgedGroup[],
  scores: readonly (readonly (readonly number[])[])[],
): JudgedSteps | null {
  const traced: { scores: readonly number[]; labels: number[] }[][] = []
  for (const [group, { responses, label }] of groups.entries()) {
    if (label === undefined) return null
    traced.push(
      responses.map(({ steps }, index) => ({
        scores: scores[group]?.[index] ?? [],
        labels: exactLabels(steps, label).map(Number),
      })),
    )
  }
  const traces = traced.flat()
  const said = traces.flatMap((trace) => [...trace.scores])
  const labels = traces.flatMap((trace) => trace.labels)
  return {
    count: labels.length,
    right: mean(labels),
    auc: areaUnderCurve(said, labels),
    within: areaWithin(traced),
    calibrationError: expectedCalibrationError(said, labels),
    firstErrorF1: firstErrorF1(
      traces.map((trace) => ({ scores: trace.scores, firstError: trace.labels.indexOf(0) })),
      0.5,
    ).f1,
  }
}

function bestOf<T extends { readonly path: number }>(samples: readonly T[]): T | undefined {
  let best: T | undefined
  for (const sample of samples) if (best === undefined || sample.path > best.path) best = sample
  return best
}
