import { z } from 'zod'
import type { ReadTrace, TraceFormat } from './trace.ts'

const solved = z.string('Expected a text').regex(/####/, 'Expected a solution that ends in #### and the answer')
const schema = z.looseObject({ question: z.string('Expected a text'), answer: solved })

/** GSM8K: questions with a worked solution that ends in “#### N”. */
export const GSM8K: TraceFormat<z.infer<typeof schema>> = {
  id: 'gsm8k',
  name: 'GSM8K',
  example: '{"question": "…", "answer": "A step.\\nAnother one.\\n#### 72"}',
  schema,
  recognizes: (row) => typeof row.question === 'string' && 'answer' in row,
  read: ({ question, answer }) => [{ problem: question, correct: true, ...solutionOf(answer) }],
  write: ([trace], before) => {
    if (trace === undefined || trace.answer === null) return null
    const answer = [...trace.steps, `#### ${trace.answer}`].join('\n')
    const old = before === null ? null : solutionOf(String(before.answer))
    const same = old?.answer === trace.answer && old.steps.join('\n') === trace.steps.join('\n')
    return { ...(before ?? {}), question: trace.problem, answer: same ? before?.answer : answer }
  },
}

const solution = z.looseObject({
  is_correct: z.boolean('Expected true or false'),
  solution: z.string('Expected a text'),
})
const FIXED = ['question', 'ground_truth']
const solutionsSchema = z
  .looseObject({ question: z.string('Expected a text'), ground_truth: z.string('Expected a text') })
  .check(({ value, issues }) => {
    for (const [name, given] of Object.entries(value)) {
      if (FIXED.includes(name)) continue
      for (const issue of solution.safeParse(given).error?.issues ?? []) {
        issues.push({ code: 'custom', message: issue.message, path: [name, ...issue.path], input: given })
      }
    }
  })

/** The model solutions that come with GSM8K: an object for each generator, with its solution and whether it is right. */
export const GSM8K_SOLUTIONS: TraceFormat<z.infer<typeof solutionsSchema>> = {
  id: 'gsm8k-solutions',
  name: 'GSM8K, model solutions',
  example: '{"question": "…", "ground_truth": "… #### 72", "6B_finetuning": {"is_correct": true, "solution": "…"}}',
  schema: solutionsSchema,
  recognizes: (row) => 'question' in row && 'ground_truth' in row,
  read: ({ question, ground_truth: truth, ...generators }) =>
    Object.entries(generators).map(([generator, given]): ReadTrace => {
      const { is_correct: correct, solution: text } = solution.parse(given)
      return { problem: question, steps: solutionOf(text).steps, answer: solutionOf(truth).answer, correct, generator }
    }),
}

/** Lines of a solution, and the answer behind ####. */
function solutionOf(text: string): { readonly steps: string[]; readonly answer: string | null } {
  const [before = '', answer] = text.split(/\n?#### ?/)
  return { steps: before.split('\n').filter((line) => line.trim() !== ''), answer: answer?.trim() ?? null }
}
