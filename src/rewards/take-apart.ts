import { mean } from '../core/statistics.ts'
import { areaUnderCurve } from './area-under-curve.ts'
import type { Calibration } from './calibrate.ts'
import { calibrate, definedLabels } from './calibrate.ts'
import { exactLabels } from './exact-labels.ts'
import type { MinimumPlaces } from './minimum-places.ts'
import { minimumPlaces } from './minimum-places.ts'
import type { CountedShare, ThresholdPoint } from './threshold-curve.ts'
import { countedShare, ThresholdCurve } from './threshold-curve.ts'

/** Responses to one problem whose steps have exact labels. */
export interface TakenGroup {
  readonly text: string
  readonly responses: readonly { readonly steps: readonly string[] }[]
  label?(steps: readonly string[]): { readonly label: 0 | 1 }
  /** Whether a prefix keeps to the task's rules. */
  isValid?(steps: readonly string[]): boolean
}

/** A step that is scored furthest from its label. */
export interface ConfidentError {
  readonly problem: string
  readonly steps: readonly string[]
  readonly step: number
  readonly score: number
}

/** Where a reward model is wrong. Steps behind the first wrong one are not counted. */
export interface TakenApart {
  /** Finding the first wrong step, at thresholds from 0.1 to 0.9. */
  readonly thresholds: readonly ThresholdPoint[]
  readonly best: ThresholdPoint | null
  readonly calibration: Calibration | null
  readonly depths: readonly {
    readonly depth: number
    readonly steps: number
    readonly right: number
    readonly auc: number | null
    /** Of wrong steps, those scored ½ or more; of right ones, those below. */
    readonly missed: CountedShare | null
    readonly alarmed: CountedShare | null
  }[]
  /** Of first wrong steps that break the rules, and of those that keep them and end where no right answer is: those scored ½ or more. */
  readonly broken: CountedShare | null
  readonly deadEnds: CountedShare | null
  readonly minimum: MinimumPlaces
  /** Wrong steps with the highest scores, and right ones with the lowest. */
  readonly tooHigh: readonly ConfidentError[]
  readonly tooLow: readonly ConfidentError[]
}

/** @param scores by group, response and step */
export function takeApart(
  groups: readonly TakenGroup[],
  scores: readonly (readonly (readonly number[])[])[],
): TakenApart | null {
  const traces = groups.flatMap(({ text, responses, label, isValid }, group) =>
    label === undefined
      ? []
      : responses.map(({ steps }, index) => {
          const labels = definedLabels(exactLabels(steps, label).map(Number))
          return {
            problem: text,
            steps,
            scores: scores[group]?.[index] ?? [],
            labels,
            firstError: labels.indexOf(0),
            isValid,
          }
        }),
  )
  if (traces.length === 0) return null
  const steps = traces.flatMap(({ labels, ...trace }) =>
    labels.flatMap((label, step) =>
      label === null ? [] : [{ label, step, score: trace.scores[step] ?? Number.NaN, trace }],
    ),
  )
  const wrong = steps.filter(({ label }) => label === 0)
  const missed = (own: typeof steps) => countedShare(own.filter(({ score }) => score >= 0.5).length, own.length)
  const curve = new ThresholdCurve(traces)
  const keepsRules = ({ trace, step }: (typeof steps)[number]) =>
    trace.isValid?.(trace.steps.slice(0, step + 1)) ?? true
  const confident = (own: typeof steps): ConfidentError[] => {
    const errors = own.map(({ trace, step, score }) => ({ problem: trace.problem, steps: trace.steps, step, score }))
    // Responses share their beginnings: each is quoted once.
    const told = new Map(
      errors.map((error) => [`${error.problem}${error.steps.slice(0, error.step + 1).join('')}`, error]),
    )
    return [...told.values()].slice(0, 3)
  }
  return {
    thresholds: Array.from({ length: 9 }, (_, index) => curve.at((index + 1) / 10)),
    best: curve.best(),
    calibration: calibrate(traces),
    depths: [...new Set(steps.map(({ step }) => step))]
      .sort((a, b) => a - b)
      .map((depth) => {
        const own = steps.filter(({ step }) => step === depth)
        const right = own.filter(({ label }) => label === 1)
        return {
          depth: depth + 1,
          steps: own.length,
          right: mean(own.map(({ label }) => label)),
          auc: areaUnderCurve(
            own.map(({ score }) => score),
            own.map(({ label }) => label),
          ),
          missed: missed(own.filter(({ label }) => label === 0)),
          alarmed: countedShare(right.filter(({ score }) => score < 0.5).length, right.length),
        }
      }),
    broken: missed(wrong.filter((one) => !keepsRules(one))),
    deadEnds: missed(wrong.filter(keepsRules)),
    minimum: minimumPlaces(traces.map((trace) => trace.scores)),
    tooHigh: confident([...wrong].sort((a, b) => b.score - a.score)),
    tooLow: confident(steps.filter(({ label }) => label === 1).sort((a, b) => a.score - b.score)),
  }
}
