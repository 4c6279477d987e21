import type { CalibratedTrace } from '../../rewards/calibrate.ts'
import { definedLabels } from '../../rewards/calibrate.ts'
import type { WeighedTrace } from '../../rewards/disagreements.ts'
import type { PickableTrace } from '../../rewards/pick-by-scores.ts'
import type { BenchTrace } from '../../rewards/process-bench.ts'
import { checkerFor, problemOf } from '../../tasks/registry.ts'
import { scoresOf, slotScores } from './trace-columns.ts'
import { hardSteps, labelsOf, truthOf } from './trace-labels.ts'
import type { LabelKind, Slot, StepLabel, Trace, TracesState } from './traces-state.ts'

/** What of the room the pictures are drawn from. */
export type Measured = Pick<TracesState, 'sets' | 'traces' | 'made' | 'truth' | 'scores' | 'slots'>

/** Scores with one for each step; null where there are none, or a model of outcomes gave one for all. */
export function stepScores(shown: Measured, slot: Slot, trace: Trace): readonly number[] | null {
  const scores = scoresOf(slotScores(shown, slot), trace)
  return scores !== null && scores.length === trace.steps.length ? scores : null
}

/** A judged trace, and where it stands. */
export interface PlacedTrace extends BenchTrace {
  readonly trace: Trace
}

/** Traces whose steps are scored and whose first wrong step is known. */
export function judgedTraces(shown: Measured, slot: Slot): readonly PlacedTrace[] {
  const names = new Map(shown.sets.map(({ id, name }) => [id, name]))
  return shown.traces.flatMap((trace) => {
    const scores = stepScores(shown, slot, trace)
    const firstError = truthOf(trace, shown.made, shown.truth)?.firstError ?? null
    if (scores === null || firstError === null) return []
    return [{ trace, scores, firstError, subset: trace.subset ?? names.get(trace.set) ?? trace.set }]
  })
}

/** Scores beside one kind of label. Neutral counts as right, as in PRM800K; what lies behind the first wrong step does not. */
export function calibratedTraces(shown: Measured, slot: Slot, kind: LabelKind): readonly CalibratedTrace[] {
  return shown.traces.flatMap((trace) => {
    const scores = stepScores(shown, slot, trace)
    const labels = labelsOf(kind, trace, shown.made)
    if (scores === null || labels === null) return []
    const said = labels.steps?.map(numberOf) ?? hardSteps(trace.steps.length, labels.firstError)
    const defined = kind === 'monte-carlo' ? upToFirstZero(said) : definedLabels(said)
    return [{ problem: trace.problem, scores, labels: defined }]
  })
}

function numberOf(label: StepLabel): number | null {
  return label === 'neutral' ? 1 : label
}

function upToFirstZero(labels: readonly (number | null)[]): readonly (number | null)[] {
  const first = labels.indexOf(0)
  return first < 0 ? labels : labels.map((label, step) => (step <= first ? label : null))
}

/** Every trace as lists of disagreements need it; without scores it is in none of them. */
export function weighedTraces(shown: Measured, slot: Slot): readonly WeighedTrace[] {
  return shown.traces.map((trace) => ({
    scores: stepScores(shown, slot, trace) ?? [],
    monteCarlo: labelsOf('monte-carlo', trace, shown.made)?.steps?.map(numberOf) ?? null,
    firstError: truthOf(trace, shown.made, shown.truth)?.firstError ?? null,
    correct: correctOf(trace).correct,
  }))
}

/** Traces that can be picked among: those whose answer is known to be right or wrong, scored by both slots where both are set. */
export function pickableTraces(shown: Measured, slots: readonly Slot[]): readonly PickableTrace[] {
  return shown.traces.flatMap((trace) => {
    const { vote, correct } = correctOf(trace)
    const scores = slots.map((slot) => scoresOf(slotScores(shown, slot), trace))
    if (correct === null || scores.some((own) => own === null)) return []
    return [{ problem: trace.problem, vote, correct, scores: scores.map((own) => own ?? []) }]
  })
}

export interface TraceOutcome {
  readonly vote: string | null
  readonly correct: boolean | null
}

const outcomes = new WeakMap<Trace, TraceOutcome>()

/** What a trace answers, and whether that is right: as the file says, else as its task does. A trace never changes. */
export function correctOf(trace: Trace): TraceOutcome {
  const known = outcomes.get(trace)
  if (known) return known
  const found = judgeAnswer(trace)
  outcomes.set(trace, found)
  return found
}

function judgeAnswer({ asked, problem, steps, correct, answer }: Trace): TraceOutcome {
  const lines = steps.map((step) => `${step}\n`)
  try {
    const bound = asked === null ? problemOf({ task: 'maths', problem, fields: { problem, answer } }) : problemOf(asked)
    const verdict = checkerFor(bound.task, bound.problem).verify(lines)
    return { vote: verdict.vote, correct: correct ?? verdict.correct }
  } catch {
    // A problem that its task cannot read: only what the file says is known.
    return { vote: null, correct }
  }
}

/** Scores of all traces that have one for each step. */
export function allScores(shown: Measured, slot: Slot): readonly (readonly number[])[] {
  return shown.traces.flatMap((trace) => {
    const scores = stepScores(shown, slot, trace)
    return scores === null ? [] : [scores]
  })
}
