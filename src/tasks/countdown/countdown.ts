import type { Task } from '../task.ts'
import type { CountdownProblem } from './arithmetic.ts'
import { COUNTDOWN_DIFFICULTIES, generateCountdown } from './generator.ts'
import { countdownLineKind, isAnswerLine, paraphraseCountdown, readCountdownLine, summarizeCountdown } from './line.ts'
import { countdownOutOfRange, parseCountdown, readCountdownFields } from './problem.ts'
import { solve } from './solver.ts'
import { countdownSplit } from './split.ts'
import { attemptCountdown, demonstrateCountdown } from './traces.ts'
import { labelCountdown, verifyCountdown } from './verifier.ts'

const formatCountdown = ({ numbers, target }: CountdownProblem): string => `${numbers.join(' ')} > ${target}`

const EXAMPLES = [
  {
    question: 'Use each of the numbers 3, 5, 7, 2 exactly once, with + - * / and whole results only, to make 24.',
    response: '3*5=15 : 7 2 15\n15+7=22 : 2 22\n22+2=24 : 24\nA 24\n',
  },
  {
    question: 'Use each of the numbers 4, 6, 8 exactly once, with + - * / and whole results only, to make 16.',
    response: '6-4=2 : 8 2\n8*2=16 : 16\nA 16\n',
  },
]

/**
 * Countdown: from 3, 4 or 5 numbers reach a target with + − × ÷, each number used once.
 *
 *     Q 3 5 7 2 > 24        the prompt
 *     3*5=15 : 7 2 15       a step: an operation, then the numbers left
 *     15+7=22 : 2 22
 *     22+2=24 : 24
 *     A 24                  the answer
 */
export const countdown = {
  id: 'countdown',
  name: 'Countdown',
  description: 'Combine all the numbers with + − × ÷ into the target, one operation a line.',
  example: '3 5 7 2 > 24',
  parse: parseCountdown,
  format: formatCountdown,
  readFields: readCountdownFields,
  fields: ({ numbers, target }: CountdownProblem) => ({ numbers, target }),
  question: ({ numbers, target }: CountdownProblem) =>
    `Use each of the numbers ${numbers.join(', ')} exactly once, with + - * / and whole results only, to make ${target}.`,
  // Many ways lead to the target, and each is right.
  gold: () => null,
  withGold: null,
  instructions: {
    system:
      'Solve the puzzle one operation a line. Write each line as a*b=c : and then the numbers that are left, the new one last. When only the target is left, write A and the target.',
    examples: EXAMPLES,
  },
  isFinal: (steps: readonly string[]) => isAnswerLine(steps.at(-1) ?? ''),
  answer: (steps: readonly string[]) => {
    const lines = steps.map(readCountdownLine)
    const found = lines.find((line) => line.kind === 'answer')
    return found?.kind === 'answer' ? String(found.value) : null
  },
  verify: verifyCountdown,
  summarize: summarizeCountdown,
  votesOver:
    'Every answer line names the target, so votes are over the expressions that the steps build; a response that is no solution, which is seen without knowing one, has no vote.',
  remarks: (problem: CountdownProblem) => {
    const unsolvable = 'The problem has no solution: every way to combine its numbers was tried, so no answer is right.'
    const solvable = solve(problem.numbers, problem.target) !== null
    return [solvable ? null : unsolvable, countdownOutOfRange(problem)].filter((remark) => remark !== null)
  },
  notation: { prompt: (problem: CountdownProblem) => `Q ${formatCountdown(problem)}\n` },
  generator: {
    difficulties: COUNTDOWN_DIFFICULTIES.map(({ id, name, description }) => ({ id, name, description })),
    usual: ['3-numbers', '4-numbers'],
    generate: generateCountdown,
    split: countdownSplit,
  },
  label: labelCountdown,
  traces: { demonstrate: demonstrateCountdown, attempt: attemptCountdown },
  // A right answer is recognized from the problem alone: every step valid, and the target reached.
  accepts: (problem: CountdownProblem, steps: readonly string[]) => verifyCountdown(problem, steps).correct === true,
  grammar: { kind: countdownLineKind },
  paraphrase: paraphraseCountdown,
  forcing: {
    wait: 'Q',
    answerMarker: 'A ',
    remark:
      'The bundled policy has no words, and never saw a “Wait”: a line with Q alone, the sign of a question in its notation, stands for it. What it does after such a line was not learned.',
  },
} satisfies Task<CountdownProblem>
