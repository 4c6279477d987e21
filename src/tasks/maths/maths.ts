import { BOUNDS } from '../../core/bounds.ts'
import { quoteSteps } from '../summary.ts'
import type { Task } from '../task.ts'
import { canonicalAnswer } from './canonical-answer.ts'
import { MATHS_EXAMPLES, MATHS_SYSTEM } from './examples.ts'
import { answerText, badProblem, checkLength, optionalText, questionOf, rowOf, typedQuestion } from './given-texts.ts'
import { gradeAnswer, hasMarkedAnswer } from './grade.ts'
import { readAnswer } from './read-answer.ts'
import { responseText } from './response-text.ts'

export interface MathsProblem {
  readonly question: string
  /** The gold answer as it was given, LaTeX or plain; null where it is unknown. */
  readonly gold: string | null
  /** A worked solution, where the file has one. */
  readonly solution?: string
  /** The row's name in its data set. */
  readonly id?: string
}

const EXAMPLE = '{"problem": "What is 6 * 7?", "answer": "42"}'
const QUESTIONS = ['problem', 'question'] as const
const IDS = ['unique_id', 'id'] as const

/** As in s1, and an answer in words that readers of answers find. */
export const FREE_TEXT_FORCING = { wait: 'Wait', answerMarker: 'The answer is ' } as const

/**
 * Questions with one final answer, in free steps. Rows as GSM8K (`question`, `answer` with a solution that ends in `#### 72`),
 * MATH-500 and search-and-learn (`problem`, `answer`, `solution`) have them.
 */
export const maths: Task<MathsProblem> = {
  id: 'maths',
  name: 'Maths answers',
  description:
    'A question in words or LaTeX, free steps, and one final answer that is compared with a gold answer where one is known.',
  example: 'A baker sells 12 loaves in the morning and twice as many after lunch. How many loaves does the baker sell?',
  parse: (text) => ({ question: typedQuestion(text), gold: null }),
  format: ({ question }) => question,
  readFields: readMathsFields,
  fields: ({ question, gold, solution, id }) => ({
    problem: question,
    ...(gold === null ? {} : { answer: gold }),
    ...(solution === undefined ? {} : { solution }),
    ...(id === undefined ? {} : { id }),
  }),
  question: ({ question }) => question,
  gold: ({ gold }) => (gold === null ? null : shownAnswer(gold)),
  withGold: (problem, gold) => ({ ...problem, gold: gold === null ? null : checkedGold(gold) }),
  instructions: { system: MATHS_SYSTEM, examples: MATHS_EXAMPLES },
  isFinal: hasMarkedAnswer,
  answer: (steps) => readAnswer(responseText(steps))?.answer.text ?? null,
  verify: ({ gold }, steps) => gradeAnswer(steps, gold),
  summarize: quoteSteps,
  votesOver:
    'Votes are over answers by their value, so 1/2 and 0.5 are one answer; a response without an answer has no vote.',
  remarks: ({ gold }) => (gold === null ? [UNKNOWN_GOLD] : []),
  forcing: FREE_TEXT_FORCING,
}

export const UNKNOWN_GOLD = 'The gold answer is unknown, so no response can be called right or wrong.'

function readMathsFields(value: unknown): MathsProblem {
  const row = rowOf(value, EXAMPLE)
  const question = questionOf(row, QUESTIONS, EXAMPLE)
  const solution = optionalText(row, 'solution', BOUNDS.questionLength)
  const answer = answerText(row, 'answer', BOUNDS.questionLength)
  const id = IDS.map((field) => (typeof row[field] === 'string' ? row[field] : null)).find((name) => name !== null)
  const told = solution ?? (answer?.includes('####') ? answer : null)
  return {
    question,
    gold: goldOf(answer, solution),
    ...(told === null ? {} : { solution: told }),
    ...(id === undefined || id === '' ? {} : { id }),
  }
}

/** GSM8K's answer is a solution that ends in it; a solution may be all that there is. */
function goldOf(answer: string | null, solution: string | null): string | null {
  if (answer !== null && !answer.includes('####')) return checkedGold(answer, 'answer')
  const gold = readAnswer(answer ?? solution ?? '', true)?.raw
  if (gold !== undefined) return checkedGold(gold, answer === null ? 'solution' : 'answer')
  if (answer === null) return null
  throw badProblem('The answer is a solution without a final answer', {
    expected: '#### and the gold answer in its last line',
    found: answer.slice(-60),
    place: { field: 'answer' },
  })
}

/** In its canonical form, with the percent sign that its comparison depends on. */
function shownAnswer(text: string): string | null {
  const answer = canonicalAnswer(text)
  return answer && (answer.percent ? `${answer.text}%` : answer.text)
}

/** A gold answer that can be compared. */
export function checkedGold(text: string, field?: string): string {
  const gold = text.trim()
  checkLength(gold, BOUNDS.answerLength, field)
  if (canonicalAnswer(gold) !== null) return gold
  throw badProblem('The gold answer is empty', {
    expected: 'a number, an expression or a word, or nothing where it is unknown',
    found: JSON.stringify(text),
    ...(field === undefined ? {} : { place: { field } }),
  })
}
