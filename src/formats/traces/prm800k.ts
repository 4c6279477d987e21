import { z } from 'zod'
import type { StepLabel, Trace, TraceFormat } from './trace.ts'

const rating = z.union([z.literal(-1), z.literal(0), z.literal(1)], 'A rating is -1, 0 or 1').nullish()
const completion = z.looseObject({ text: z.string('Expected a text'), rating })
const step = z
  .looseObject({
    completions: z.array(completion, 'Expected a list of completions').nullish(),
    human_completion: z.looseObject({ text: z.string('Expected a text'), rating }).nullish(),
    chosen_completion: z.int('Expected the index of a completion, or null').min(0).nullish(),
  })
  .check(({ value: { completions, chosen_completion: chosen }, issues }) => {
    if (chosen == null || chosen < (completions?.length ?? 0)) return
    const message = `There is no such completion: the step has ${completions?.length ?? 0}`
    issues.push({ code: 'custom', message, path: ['chosen_completion'], input: chosen })
  })
const FINISH_REASONS = ['found_error', 'solution', 'bad_problem', 'give_up'] as const
const schema = z.looseObject({
  question: z.looseObject({
    problem: z.string('Expected a text'),
    ground_truth_answer: z.string('Expected a text').nullish(),
  }),
  label: z.looseObject({
    steps: z.array(step, 'Expected a list of steps').min(1, 'There are no steps'),
    finish_reason: z.enum(FINISH_REASONS, `Expected ${FINISH_REASONS.join(', ')}`).nullish(),
  }),
})
type Row = z.infer<typeof schema>
type Step = Row['label']['steps'][number]

const LABELS: ReadonlyMap<number, StepLabel> = new Map<number, StepLabel>([
  [-1, 0],
  [0, 'neutral'],
  [1, 1],
])
const RATINGS: ReadonlyMap<StepLabel, number> = new Map([...LABELS].map(([value, label]) => [label, value]))

/** PRM800K (Lightman et al., arXiv 2305.20050): of each step the completion that people went on with, and its rating. */
export const PRM800K: TraceFormat<Row> = {
  id: 'prm800k',
  name: 'PRM800K',
  example:
    '{"question": {"problem": "…"}, "label": {"steps": [{"completions": [{"text": "…", "rating": 1}], "chosen_completion": 0}], "finish_reason": "solution"}}',
  schema,
  recognizes: (row) => typeof row.question === 'object' && 'label' in row,
  read: ({ question: { problem, ground_truth_answer: answer = null }, label: { steps, finish_reason: reason } }) => {
    const shown = steps.map(shownStep).filter((one) => one !== null)
    const labels = shown.map((one) => LABELS.get(one.rating ?? Number.NaN) ?? null)
    const first = labels.indexOf(0)
    return [
      {
        problem,
        steps: shown.map(({ text }) => text),
        labels,
        firstError: first >= 0 ? first : reason === 'solution' ? -1 : null,
        answer,
        correct: reason === 'solution' ? true : null,
      },
    ]
  },
  write: ([trace], before) => {
    if (trace === undefined || trace.labels?.some((label) => label !== null && !RATINGS.has(label))) return null
    return before === null ? freshRow(trace) : changedRow(trace, before as Row)
  },
}

/** What people went on with; of the last step, where they stopped, what they looked at. */
function shownStep({ completions, human_completion: human, chosen_completion: chosen }: Step) {
  if (chosen != null) return completions?.[chosen] ?? null
  if (human != null) return { text: human.text, rating: human.rating ?? 1 }
  return completions?.[0] ?? null
}

function freshRow({ problem, answer, steps, labels, firstError }: Trace): object {
  return {
    question: { problem, ground_truth_answer: answer },
    label: {
      steps: steps.map((text, index) => ({
        completions: [{ text, rating: RATINGS.get(labels?.[index] ?? null) ?? null, flagged: false }],
        human_completion: null,
        chosen_completion: firstError === index ? null : 0,
      })),
      total_time: 0,
      finish_reason: firstError === null ? 'give_up' : firstError < 0 ? 'solution' : 'found_error',
    },
  }
}

/** The row with other ratings and texts where they changed; alternatives stay. */
function changedRow(trace: Trace, before: Row): object {
  let at = 0
  const steps = before.label.steps.map((one) => {
    const shown = shownStep(one)
    if (shown === null) return one
    const index = at++
    const [text, value] = [trace.steps[index] ?? shown.text, RATINGS.get(trace.labels?.[index] ?? null) ?? null]
    const put = <T extends { readonly text: string; readonly rating?: number | null | undefined }>(given: T): T =>
      given.text === text && (given.rating ?? null) === value ? given : { ...given, text, rating: value }
    if (one.chosen_completion == null && one.human_completion != null) {
      const same = one.human_completion.text === text && (one.human_completion.rating ?? 1) === value
      return same ? one : { ...one, human_completion: put(one.human_completion) }
    }
    const chosen = one.chosen_completion ?? 0
    const completions = one.completions?.map((given, number) => (number === chosen ? put(given) : given))
    return { ...one, completions }
  })
  return { ...before, label: { ...before.label, steps } }
}
