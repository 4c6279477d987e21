import { z } from 'zod'
import type { TraceFormat } from './trace.ts'

const process = z.array(z.string('A step is not a text'), 'Expected a list of steps')
const numbers = z.array(
  z.int('Expected the number of a step, from 1').min(1, 'Steps are counted from 1'),
  'Expected a list of numbers',
)
const schema = z
  .looseObject({
    idx: z.union([z.string(), z.number()], 'Expected a text or a number').nullish(),
    original_question: z.string('Expected a text').nullish(),
    modified_question: z.string('Expected a text').nullish(),
    question: z.string('Expected a text').nullish(),
    original_process: process.nullish(),
    modified_process: process.min(1, 'There are no steps'),
    error_steps: numbers,
    classification: z.string('Expected a text').nullish(),
  })
  .check(({ value, issues }) => {
    const { modified_process: steps, error_steps: errors } = value
    const beyond = errors.findIndex((number) => number > steps.length)
    if (beyond >= 0) {
      const message = `There is no such step: the process has ${steps.length}`
      issues.push({ code: 'custom', message, path: ['error_steps', beyond], input: errors[beyond] })
    }
    if (value.modified_question == null && value.question == null && value.original_question == null) {
      issues.push({ code: 'custom', message: 'The field is missing', path: ['modified_question'], input: undefined })
    }
  })

/** PRMBench (Song et al., arXiv 2501.03124): a process with errors put in on purpose, and the one before. Steps count from 1. */
export const PRM_BENCH: TraceFormat<z.infer<typeof schema>> = {
  id: 'prm-bench',
  name: 'PRMBench',
  example:
    '{"idx": "a_1", "modified_question": "…", "modified_process": ["…"], "error_steps": [2], "classification": "redundency"}',
  schema,
  recognizes: (row) => 'modified_process' in row || 'error_steps' in row,
  read: (row) => {
    const { idx, classification: subset = null, original_process: original } = row
    const problem = row.modified_question ?? row.question ?? row.original_question ?? ''
    const id = idx == null ? null : String(idx)
    const errors = new Set(row.error_steps)
    const modified = {
      id,
      subset,
      problem,
      steps: row.modified_process,
      labels: row.modified_process.map((_, index) => (errors.has(index + 1) ? 0 : 1)),
      firstError: errors.size === 0 ? -1 : Math.min(...errors) - 1,
    }
    if (!original?.length) return [modified]
    return [
      modified,
      {
        id: id === null ? null : `${id} as it was`,
        subset,
        problem: row.original_question ?? problem,
        steps: original,
        labels: original.map(() => 1),
        firstError: -1,
      },
    ]
  },
  write: (traces, before) => {
    const [modified] = traces
    if (modified === undefined || before === null || modified.origin.index !== 0) return null
    const errors = (modified.labels ?? []).flatMap((label, index) => (label === 0 ? [index + 1] : []))
    return { ...before, modified_process: modified.steps, error_steps: errors }
  },
}
