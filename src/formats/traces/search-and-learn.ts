import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { ReadTrace, TraceFormat } from './trace.ts'

const score = z.number('A score is not a number')
const schema = z
  .looseObject({
    problem: z.string('Expected a text'),
    answer: z.string('Expected a text').nullish(),
    unique_id: z.string('Expected a text').nullish(),
    completions: z
      .array(z.string('A completion is not a text'), 'Expected a list of completions')
      .min(1, 'There are none'),
    scores: z.array(z.array(score, 'Expected a list of scores'), 'Expected a list of lists of scores').nullish(),
  })
  .check(({ value: { completions, scores }, issues }) => {
    if (scores == null || scores.length === completions.length) return
    const message = `There must be scores for each completion: ${scores.length} lists, ${completions.length} completions`
    issues.push({ code: 'custom', message, path: ['scores'], input: scores })
  })
type Row = z.infer<typeof schema>

/** What search-and-learn writes: completions to a problem, and a score for each of their steps. */
export const SEARCH_AND_LEARN: TraceFormat<Row> = {
  id: 'search-and-learn',
  name: 'search-and-learn',
  example: '{"problem": "…", "completions": ["First step\\n\\nSecond step"], "scores": [[0.9, 0.8]]}',
  schema,
  recognizes: (row) => 'problem' in row && 'completions' in row,
  read: ({ problem, answer = null, unique_id: id = null, completions, scores }) =>
    completions.map((completion, index): ReadTrace => {
      const own = scores?.[index] ?? null
      const steps = stepsOf(completion, own?.length ?? null)
      if (steps === null) throw otherLength(completion, own?.length ?? 0, index)
      return { id: id === null ? null : `${id} ${index + 1}`, problem, answer, steps, scores: own }
    }),
  write: (traces, before) => {
    const [first] = traces
    if (first === undefined) return null
    const scored = traces.every(({ scores }) => scores !== null)
    const old = (before as Row | null)?.completions ?? []
    const completions = traces.map(({ steps, scores }, index) => {
      const given = old[index]
      const same = given !== undefined && stepsOf(given, scores?.length ?? null)?.join('\0') === steps.join('\0')
      return same ? given : steps.join('\n\n')
    })
    return {
      ...(before ?? { problem: first.problem, answer: first.answer }),
      completions,
      ...(scored ? { scores: traces.map(({ scores }) => scores) } : {}),
    }
  },
}

/** A completion's steps, split where there are as many as scores: at blank lines, else at line ends. */
function stepsOf(completion: string, scores: number | null): string[] | null {
  const ways = ['\n\n', '\n'].map((end) => completion.split(end).filter((step) => step.trim() !== ''))
  const [blank = [completion]] = ways
  if (scores === null) return blank.length > 0 ? blank : [completion]
  return ways.find((steps) => steps.length === scores) ?? null
}

function otherLength(completion: string, scores: number, index: number): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'There must be one score for each step',
    expected: `${stepsOf(completion, null)?.length ?? 0} scores, as the completion has steps`,
    found: `${scores} scores`,
    place: { field: `scores[${index}]` },
  })
}
