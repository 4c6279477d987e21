import type { StepwiseRow } from '../../objectives/rows.ts'
import { STEPWISE_FORMAT } from '../trl.ts'
import type { StepLabel, TraceFormat } from './trace.ts'
import { firstErrorOf } from './trace.ts'

/** Stepwise rows of TRL: a label for each step, true or false, or a chance. */
export const TRL_STEPWISE: TraceFormat<StepwiseRow> = {
  id: 'trl-stepwise',
  name: 'TRL, stepwise',
  example: STEPWISE_FORMAT.example,
  schema: STEPWISE_FORMAT.schema,
  recognizes: (row) => 'prompt' in row && 'completions' in row && 'labels' in row,
  read: ({ prompt, completions, labels }) => {
    const values = labels.map((label): StepLabel => Number(label))
    return [{ problem: prompt, steps: completions, labels: values, firstError: firstErrorOf(values) }]
  },
  write: ([trace], before) => {
    if (trace?.labels == null || trace.labels.some((label) => typeof label !== 'number')) return null
    const given = (before as StepwiseRow | null)?.labels ?? []
    const labels = trace.labels.map((label, index) => {
      const own = given[index]
      if (own !== undefined && Number(own) === label) return own
      return label === 1 ? true : label === 0 ? false : label
    })
    return { ...before, prompt: trace.problem, completions: trace.steps, labels }
  },
}
