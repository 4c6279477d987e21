import { splitThinking } from '../../core/thinking.ts'
import type { ResponseVerdict } from '../task.ts'
import type { CanonicalAnswer } from './canonical-answer.ts'
import { canonicalAnswer, sameAnswer } from './canonical-answer.ts'
import type { FoundAnswer } from './read-answer.ts'
import { ANSWER_RULES, readAnswer } from './read-answer.ts'
import { responseText } from './response-text.ts'

/** The verdict on a response by its answer alone. */
export function gradeAnswer(steps: readonly string[], gold: string | null): ResponseVerdict {
  const found = readAnswer(responseText(steps))
  const expected = gold === null ? null : canonicalAnswer(gold)
  const correct = expected === null ? null : found !== null && sameAnswer(found.answer, expected)
  const explanation = found === null ? missing(steps) : compared(found, expected, correct)
  return { answer: found?.answer.text ?? null, correct, vote: found?.answer.key ?? null, explanation, steps: [] }
}

/** Why a response has no answer. */
export function missing(steps: readonly string[]): string {
  return splitThinking(responseText(steps)).open
    ? 'The response has no answer: it ends while it thinks, and what is thought is not read.'
    : 'The response has no answer: no \\boxed{…} with something in it, no ####, no “the answer is”, no number.'
}

function compared(found: FoundAnswer, gold: CanonicalAnswer | null, correct: boolean | null): string {
  const read = `The answer ${found.answer.text}, read from ${ANSWER_RULES[found.rule]},`
  if (gold === null) return `${read} is neither right nor wrong: the gold answer is unknown.`
  const other = gold.text === found.answer.text ? '' : ` ${gold.text}`
  return correct ? `${read} is the gold answer${other}.` : `${read} is not the gold answer${other}.`
}

/** Does a response have an answer that is marked as one, outside of its thinking? Any number is not enough. */
export function hasMarkedAnswer(steps: readonly string[]): boolean {
  const found = readAnswer(responseText(steps), true)
  if (found === null) return false
  // “The answer is not obvious” goes on.
  return found.rule !== 'phrase' || found.answer.kind !== 'text' || SHORT_ANSWER.test(found.answer.key)
}

const SHORT_ANSWER = /^([a-z]|yes|no|true|false)$/
