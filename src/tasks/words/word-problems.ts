import type { Task } from '../task.ts'
import { attemptWords } from './attempts.ts'
import { demonstrateWords } from './demonstrations.ts'
import {
  APART_RANGE,
  GIVEN_RANGE,
  generateWords,
  NAMES,
  splitOfWords,
  THINGS,
  TIMES_RANGE,
  WORDS_DIFFICULTIES,
} from './generator.ts'
import { isAnswerLine, paraphraseWords, readWordsLine, summarizeWords } from './line.ts'
import { goldOf, parseWords, readWordsFields } from './parse.ts'
import type { WordProblem } from './problem.ts'
import { formatWords } from './problem.ts'
import { answerOfWords, labelWords, verifyWords } from './verifier.ts'

const EXAMPLE =
  'Eve has 14 more figs than Ann. Ann has 4 times as many figs as Cy. Cy has half as many figs as Dee. Dee has 20 figs. How many figs does Eve have?'

/**
 * Word problems: quantities of people that follow from each other, and one that is asked for. Decision 0018.
 *
 *     Eve has 14 more figs than Ann. Ann has … How many figs does Eve have?      the prompt
 *     Eve needs Ann         a plan: the people of Eve's sentence
 *     Ann needs Cy
 *     Cy has half as many figs as Dee 20/2=10            a result: that person's sentence and its value
 *     Ann has 4 times as many figs as Cy 10*4=40
 *     Eve has 14 more figs than Ann 40+14=54
 *     A 54                  the answer
 */
export const wordProblems = {
  id: 'word-problems',
  name: 'Word problems',
  description: 'Quantities that follow from each other, in sentences; one of them is asked for.',
  example: EXAMPLE,
  parse: parseWords,
  format: formatWords,
  readFields: readWordsFields,
  fields: (problem: WordProblem) => ({ problem: formatWords(problem), answer: Number(goldOf(problem)) }),
  question: formatWords,
  gold: goldOf,
  withGold: null,
  instructions: {
    system:
      'Solve the problem step by step. First write who is needed for whom, a line each, like “Ann needs Cy”; then a calculation a line, after the sentence that it follows from, like “Ann has 4 times as many figs as Cy 10*4=40”. End with the answer, like “A 54”, and write nothing else.',
    examples: [
      EXAMPLE,
      'Cy has 3 fewer cups than Bob. Gus has 9 cups. Bob has as many cups as Gus and Dee together. Dee has 4 cups. How many cups do Cy and Gus have together?',
    ].map((question) => ({ question, response: demonstrateWords(parseWords(question)).join('').trimEnd() })),
  },
  isFinal: (steps: readonly string[]) => isAnswerLine(steps.at(-1) ?? ''),
  answer: answerOfWords,
  verify: verifyWords,
  summarize: summarizeWords,
  votesOver:
    'Votes are over the answers: whether one is right is not seen without solving the problem. A response without an answer has no vote.',
  remarks: remarksOnWords,
  notation: { prompt: (problem: WordProblem) => `${formatWords(problem)}\n` },
  generator: {
    difficulties: WORDS_DIFFICULTIES.map(({ id, name, description }) => ({ id, name, description })),
    usual: ['2-to-3-results', '2-to-5-results'],
    generate: generateWords,
    split: splitOfWords,
  },
  label: labelWords,
  traces: { demonstrate: demonstrateWords, attempt: attemptWords },
  forcing: {
    wait: '?',
    answerMarker: 'A ',
    remark:
      'The bundled policy has no word “Wait”, and never saw one: a line with a question mark alone stands for it. What it does after such a line was not learned.',
  },
  grammar: {
    kind: (step: string) => {
      const { kind } = readWordsLine(step)
      return kind === 'malformed' ? null : kind === 'answer' ? 'answer' : 'step'
    },
  },
  paraphrase: paraphraseWords,
} satisfies Task<WordProblem>

/** What the bundled models were not trained for: other words, other numbers. */
function remarksOnWords({ things, sentences }: WordProblem): string[] {
  const reasons: string[] = []
  if (!(THINGS as readonly string[]).includes(things)) reasons.push(`${things} (trained on ${THINGS.join(', ')})`)
  const strangers = sentences.map(({ person }) => person).filter((name) => !(NAMES as readonly string[]).includes(name))
  if (strangers.length > 0) reasons.push(`${strangers.join(', ')} (trained on ${NAMES.join(', ')})`)
  for (const { relation } of sentences) {
    if (!('number' in relation)) continue
    const [low, high] = relation.kind === 'given' ? GIVEN_RANGE : relation.kind === 'times' ? TIMES_RANGE : APART_RANGE
    const { number } = relation
    if (number < low || number > high) reasons.push(`the number ${number} (trained on ${low} to ${high} there)`)
  }
  if (reasons.length === 0) return []
  return [
    `Outside the bundled models’ training range: ${reasons.join('; ')}. They may have no words for it, or few right answers.`,
  ]
}
