import { StepscopeError } from '../../core/errors.ts'
import type { Task } from '../task.ts'

/** Whole numbers whose sum is even or odd. */
export type ParityProblem = readonly number[]

const answerOf = (steps: readonly string[]): string | null =>
  /\b(even|odd)\b/i.exec(steps.at(-1) ?? '')?.[1]?.toLowerCase() ?? null
const goldOf = (numbers: ParityProblem): string =>
  numbers.reduce((sum, number) => sum + number, 0) % 2 === 0 ? 'even' : 'odd'

function read(values: readonly unknown[]): ParityProblem {
  const numbers = values.map(Number)
  if (numbers.length > 0 && numbers.every(Number.isSafeInteger)) return numbers
  throw new StepscopeError({
    code: 'bad-problem',
    message: 'The problem is no list of whole numbers',
    expected: 'whole numbers, like 3 5 8',
    found: values.join(' ') || 'nothing',
  })
}

/** Is a sum even or odd? */
export const parity: Task<ParityProblem> = {
  id: 'parity',
  name: 'Parity',
  description: 'Say whether the sum of some numbers is even or odd.',
  example: '3 5 8',
  parse: (text) => read(text.split(/[\s,]+/).filter((word) => word !== '')),
  format: (numbers) => numbers.join(' '),
  readFields: (value) => read((value as { numbers?: readonly unknown[] } | null)?.numbers ?? []),
  fields: (numbers) => ({ numbers }),
  question: (numbers) => `Is the sum of ${numbers.join(', ')} even or odd?`,
  gold: goldOf,
  withGold: null,
  instructions: { system: 'Answer with even or odd in your last line.', examples: [] },
  isFinal: (steps) => answerOf(steps) !== null,
  answer: answerOf,
  verify: (numbers, steps) => {
    const answer = answerOf(steps)
    const correct = answer === goldOf(numbers)
    return { answer, correct, vote: answer, explanation: `The sum is ${goldOf(numbers)}.`, steps: [] }
  },
  votesOver: 'Votes are over even and odd.',
  remarks: () => [],
}
