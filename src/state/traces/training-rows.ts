import { promptText } from '../../core/prompt.ts'
import { consensus, firstErrorByEstimates } from '../../rewards/consensus.ts'
import { problemOf, promptOf } from '../../tasks/registry.ts'
import { hardSteps, labelsOf } from './trace-labels.ts'
import type { LabelKind, StepLabel, Trace, TracesState } from './traces-state.ts'

/** Labels of one kind, or those on which Monte Carlo estimates and another kind agree. */
export type TrainingLabels = LabelKind | 'consensus'

/** Rows of TRL's stepwise form, one for each trace that has labels. */
export interface TrainingRows {
  readonly text: string
  readonly traces: number
  readonly steps: number
  /** Traces that the consensus filter left out, since the labels lie apart; 0 for other kinds. */
  readonly apart: number
}

/**
 * Labels as rows to train on. A row has the steps up to the first one without a label, or up to the first wrong one: what is behind
 * has no meaning of its own. Neutral counts as right, as in PRM800K.
 */
export function trainingRows(
  traces: readonly Trace[],
  made: TracesState['made'],
  labels: TrainingLabels,
): TrainingRows {
  const { chosen, apart } = labels === 'consensus' ? agreed(traces, made) : { chosen: traces, apart: 0 }
  const kinds: readonly LabelKind[] = labels === 'consensus' ? OTHERS : [labels]
  const rows = chosen.flatMap((trace) => {
    const own = kinds.map((kind) => labelsOf(kind, trace, made)).find((found) => found !== null)
    if (!own) return []
    const given = knownLabels(own.steps ?? hardSteps(trace.steps.length, own.firstError), own.kind === 'monte-carlo')
    if (given.length === 0) return []
    const completions = trace.steps.slice(0, given.length).map((step) => step.replace(/\n+$/, ''))
    return [{ prompt: promptFor(trace), completions, labels: given }]
  })
  return {
    text: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    traces: rows.length,
    steps: rows.reduce((sum, row) => sum + row.labels.length, 0),
    apart,
  }
}

/** Kinds that Monte Carlo estimates are held against. */
const OTHERS = ['human', 'exact', 'file'] as const

/** Traces on which Monte Carlo estimates put the first wrong step where the labels of people, of the task or of the file do. */
function agreed(traces: readonly Trace[], made: TracesState['made']) {
  const { kept, apart } = consensus(
    traces.map((trace) => {
      const estimates = labelsOf('monte-carlo', trace, made)?.steps ?? null
      const other = OTHERS.map((kind) => labelsOf(kind, trace, made)).find((found) => found !== null)
      return {
        monteCarlo: firstErrorByEstimates(
          estimates?.map((label) => (typeof label === 'number' ? label : null)) ?? null,
        ),
        other: other?.firstError ?? null,
      }
    }),
  )
  return { chosen: kept.map((place) => traces[place] as Trace), apart }
}

/** Labels up to the first unknown one, or up to and including the first wrong one. */
function knownLabels(labels: readonly StepLabel[], soft: boolean): readonly (number | boolean)[] {
  const known: (number | boolean)[] = []
  for (const label of labels) {
    if (label === null) break
    known.push(label === 'neutral' ? true : label === 0 || label === 1 ? label === 1 : label)
    if (label === 0 || (!soft && typeof label === 'number' && label < 0.5)) break
  }
  return known
}

/** What the problem is called in a data file: in the task's notation where it has one. */
function promptFor({ asked, problem }: Trace): string {
  if (asked === null) return problem
  try {
    const bound = problemOf(asked)
    return promptText(promptOf(bound.task, bound.problem))
  } catch {
    return problem
  }
}
