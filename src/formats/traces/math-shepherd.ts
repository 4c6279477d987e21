import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { StepLabel, TraceFormat } from './trace.ts'
import { firstErrorOf } from './trace.ts'

const TAG = 'ки'
const schema = z.looseObject({
  input: z.string('Expected a text').includes(TAG, `There is no step that ends in ${TAG}`),
  label: z.string('Expected a text, with + or - in place of each step’s tag'),
  task: z.string('Expected a text').nullish(),
})

/** Math-Shepherd (Wang et al., arXiv 2312.08935): lines “Step i: … ки”, and the same with + or - in place of each tag. */
export const MATH_SHEPHERD: TraceFormat<z.infer<typeof schema>> = {
  id: 'math-shepherd',
  name: 'Math-Shepherd',
  example: '{"input": "2 + 2? Step 1: It is 4. ки", "label": "2 + 2? Step 1: It is 4. +", "task": "GSM8K"}',
  schema,
  recognizes: (row) => 'input' in row && 'label' in row,
  read: ({ input, label, task = null }) => {
    const parts = input.split(TAG)
    const [first = '', ...others] = parts.slice(0, -1)
    const { at, end } = stepHead(first, 1) ?? { at: 0, end: 0 }
    const steps = [first.slice(end), ...others.map((part, index) => part.slice(stepHead(part, index + 2)?.end ?? 0))]
    const labels = labelsOf(parts, label)
    return [
      {
        problem: first.slice(0, at).trim(),
        steps: steps.map((step) => step.trim()),
        labels,
        firstError: firstErrorOf(labels),
        subset: task,
      },
    ]
  },
  write: ([trace], before) => {
    if (trace?.labels == null || trace.labels.some((label) => label !== 0 && label !== 1)) return null
    const { problem, steps, labels } = trace
    const text = (mark: (index: number) => string) =>
      `${problem} ${steps.map((step, index) => `Step ${index + 1}: ${step} ${mark(index)}`).join('\n')}`
    const fresh = { input: text(() => TAG), label: text((index) => (labels[index] === 1 ? '+' : '-')) }
    if (before === null) return { ...fresh, ...(trace.subset === null ? {} : { task: trace.subset }) }
    const [same] = MATH_SHEPHERD.read(before as z.infer<typeof schema>)
    const unchanged = same?.problem === problem && JSON.stringify(same.steps) === JSON.stringify(steps)
    // The spaces of other people's rows stay.
    return { ...before, ...(unchanged ? { label: relabelled(String(before.input), labels) } : fresh) }
  },
}

/** “Step 2:” in the part before its tag: where it begins, and where the step's own text does. */
function stepHead(part: string, number: number): { readonly at: number; readonly end: number } | null {
  const found = new RegExp(`Step ${number}: ?`).exec(part)
  return found && { at: found.index, end: found.index + found[0].length }
}

function labelsOf(parts: readonly string[], label: string): StepLabel[] {
  let at = 0
  return parts.slice(0, -1).map((part, index) => {
    at += part.length
    const mark = label.slice(at - part.length).startsWith(part) ? label[at] : undefined
    at += 1
    if (mark === '+' || mark === '-') return mark === '+' ? 1 : 0
    throw new StepscopeError({
      code: 'bad-file',
      message: `The label of step ${index + 1} is missing: the text is not that of the input with + or - in place of ${TAG}`,
      expected: `${parts.length - 1} labels, one for each step`,
      found: JSON.stringify(label.slice(Math.max(0, at - 20), at + 20)),
      place: { field: 'label' },
    })
  })
}

function relabelled(input: string, labels: readonly StepLabel[]): string {
  const parts = input.split(TAG)
  return parts.map((part, index) => part + (index < labels.length ? (labels[index] === 1 ? '+' : '-') : '')).join('')
}
