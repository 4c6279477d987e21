import { BOUNDS } from '../../core/bounds.ts'
import { splitThinking } from '../../core/thinking.ts'
import { canonicalAnswer } from '../maths/canonical-answer.ts'
import { MATHS_SYSTEM } from '../maths/examples.ts'
import { answerText, badProblem, optionalText, questionOf, rowOf, typedQuestion } from '../maths/given-texts.ts'
import { gradeAnswer, hasMarkedAnswer } from '../maths/grade.ts'
import { checkedGold, FREE_TEXT_FORCING, UNKNOWN_GOLD } from '../maths/maths.ts'
import { readAnswer } from '../maths/read-answer.ts'
import { responseText } from '../maths/response-text.ts'
import { quoteSteps } from '../summary.ts'
import type { ResponseVerdict, Task } from '../task.ts'
import type { Pattern } from './pattern.ts'
import { checkPattern, formatPattern, matches, writtenPattern } from './pattern.ts'

export interface OwnProblem {
  readonly prompt: string
  /** What the answer must be, or a regular expression that it must match; null where neither is known. */
  readonly gold: string | Pattern | null
}

const EXAMPLE = '{"prompt": "Name a prime number above 20.", "pattern": "/^(23|29|31)$/"}'
const PROMPTS = ['prompt', 'problem', 'question'] as const

/** A prompt of one's own, with a gold answer, a regular expression (`/…/i`) for it, or neither. */
export const own: Task<OwnProblem> = {
  id: 'own',
  name: 'Your own',
  description: 'Any prompt; an answer that is right, or a regular expression for it, may be given beside it.',
  example: 'Name the capital of France.',
  parse: (text) => ({ prompt: typedQuestion(text), gold: null }),
  format: ({ prompt }) => prompt,
  readFields: readOwnFields,
  fields: ({ prompt, gold }) => ({
    prompt,
    ...(gold === null ? {} : typeof gold === 'string' ? { answer: gold } : { pattern: formatPattern(gold) }),
  }),
  question: ({ prompt }) => prompt,
  gold: ({ gold }) => {
    if (gold === null) return null
    return typeof gold === 'string' ? (canonicalAnswer(gold)?.text ?? null) : formatPattern(gold)
  },
  withGold: (problem, text) => ({ ...problem, gold: text === null ? null : readGold(text) }),
  instructions: { system: MATHS_SYSTEM, examples: [] },
  isFinal: hasMarkedAnswer,
  answer: (steps) => ownAnswer(steps).answer,
  verify: ({ gold }, steps) => {
    if (gold !== null && typeof gold !== 'string') return verifyPattern(gold, steps)
    const verdict = gradeAnswer(steps, gold)
    if (verdict.answer !== null) return verdict
    const { answer, vote } = ownAnswer(steps)
    const correct = gold === null ? null : false
    return answer === null ? verdict : { ...verdict, answer, vote, correct, explanation: LAST_LINE }
  },
  summarize: quoteSteps,
  votesOver:
    'Votes are over answers by their value, else over the last line of a response; a response without words has no vote.',
  remarks: ({ gold }) => (gold === null ? [UNKNOWN_GOLD] : []),
  forcing: FREE_TEXT_FORCING,
}

const LAST_LINE = 'The response marks no answer and has no number, so its last line counts as its answer.'

/** As `maths` reads it, else the last line outside of thinking. */
function ownAnswer(steps: readonly string[]): { readonly answer: string | null; readonly vote: string | null } {
  const text = responseText(steps)
  const found = readAnswer(text)?.answer ?? canonicalAnswer(lastLine(text))
  return { answer: found?.text ?? null, vote: found?.key ?? null }
}

const lastLine = (text: string): string =>
  splitThinking(text).visible.trimEnd().split('\n').at(-1)?.slice(0, BOUNDS.answerLength.max) ?? ''

/** A regular expression is looked for in a marked answer, else in the whole response outside of thinking. */
function verifyPattern(pattern: Pattern, steps: readonly string[]): ResponseVerdict {
  const text = responseText(steps)
  const marked = readAnswer(text, true)
  const correct = matches(pattern, marked?.raw ?? splitThinking(text).visible.trim())
  const where = marked === null ? 'The response' : `The answer ${marked.raw}`
  const explanation = `${where} ${correct ? 'matches' : 'does not match'} ${formatPattern(pattern)}.`
  return { ...ownAnswer(steps), correct, explanation, steps: [] }
}

function readGold(text: string, field?: string): string | Pattern {
  const pattern = writtenPattern(text)
  return pattern === null ? checkedGold(text, field) : checkPattern(pattern, field)
}

function readOwnFields(value: unknown): OwnProblem {
  const row = rowOf(value, EXAMPLE)
  const prompt = questionOf(row, PROMPTS, EXAMPLE)
  const answer = answerText(row, 'answer', BOUNDS.answerLength)
  const pattern = optionalText(row, 'pattern', BOUNDS.answerLength)
  if (answer !== null && pattern !== null) {
    throw badProblem('A problem has an answer or a pattern, not both', { place: { field: 'pattern' } })
  }
  if (answer !== null) return { prompt, gold: checkedGold(answer, 'answer') }
  if (pattern === null) return { prompt, gold: null }
  return { prompt, gold: checkPattern(writtenPattern(pattern) ?? { source: pattern, flags: '' }, 'pattern') }
}
