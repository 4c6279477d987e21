import { z } from 'zod'
import type { TraceFormat } from './trace.ts'

const schema = z
  .looseObject({
    id: z.string('Expected a text').nullish(),
    generator: z.string('Expected a text').nullish(),
    problem: z.string('Expected a text'),
    steps: z.array(z.string('A step is not a text'), 'Expected a list of steps').min(1, 'There are no steps'),
    final_answer_correct: z.boolean('Expected true or false').nullish(),
    label: z.int('Expected a whole number: the first wrong step from 0, −1 for none').min(-1, 'Expected −1 or more'),
  })
  .check(({ value: { steps, label }, issues }) => {
    if (label < steps.length) return
    const message = `The first wrong step is one of ${steps.length}, from 0`
    issues.push({ code: 'custom', message, path: ['label'], input: label })
  })

/** ProcessBench (Zheng et al., arXiv 2412.06559): the first wrong step of each response, found by people. */
export const PROCESS_BENCH: TraceFormat<z.infer<typeof schema>> = {
  id: 'process-bench',
  name: 'ProcessBench',
  example: '{"id": "gsm8k-0", "problem": "…", "steps": ["…"], "final_answer_correct": true, "label": -1}',
  schema,
  recognizes: (row) => 'steps' in row && 'label' in row && 'problem' in row,
  read: ({ id = null, generator = null, problem, steps, final_answer_correct: correct = null, label }) => [
    { id, problem, steps, firstError: label, correct, generator, subset: id?.replace(/-\d+$/, '') ?? null },
  ],
  write: ([trace], before) => {
    if (trace === undefined || trace.firstError === null) return null
    const { id, problem, steps, firstError: label, correct, generator } = trace
    return { ...(before ?? { id, generator }), problem, steps, final_answer_correct: correct, label }
  },
}
