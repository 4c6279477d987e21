import type { Task } from '../task.ts'
import type { CountdownProblem } from './arithmetic.ts'
import { COUNTDOWN_DIFFICULTIES, generateCountdown } from './generator.ts'
import { isAnswerLine, readCountdownLine } from './line.ts'
import { countdownOutOfRange, parseCountdown, readCountdownFields } from './problem.ts'
import { solve } from './solver.ts'
import { countdownSplit } from './split.ts'
import { attemptCountdown, demonstrateCountdown } from './traces.ts'
import { labelCountdown, verifyCountdown } from './verifier.ts'

const formatCountdown = ({ numbers, target }: CountdownProblem): string => `${numbers.join(' ')} > ${target}`

/**
 * Countdown: from 3, 4 or 5 numbers reach a target with + − × ÷, each number used once.
 *
 *     Q 3 5 7 2 > 24        the prompt
 *     3*5=15 : 7 2 15       a step: an operation, then the numbers left
 *     15+7=22 : 2 22
 *     22+2=24 : 24
 *     A 24                  the answer
 */
export const countdown: Task<CountdownProblem> = {
  id: 'countdown',
  name: 'Countdown',
  description: 'Combine all the numbers with + − × ÷ into the target, one operation a line.',
  example: '3 5 7 2 > 24',
  difficulties: COUNTDOWN_DIFFICULTIES.map(({ id, name, description }) => ({ id, name, description })),
  generate: generateCountdown,
  parse: parseCountdown,
  readFields: readCountdownFields,
  fields: ({ numbers, target }) => ({ numbers, target }),
  format: formatCountdown,
  prompt: (problem) => `Q ${formatCountdown(problem)}\n`,
  solvable: ({ numbers, target }) => solve(numbers, target) !== null,
  outOfRange: countdownOutOfRange,
  votesOver:
    'Every answer line names the target, so votes are over the expressions that the steps build; a response that is no solution, which is seen without knowing one, has no vote.',
  split: countdownSplit,
  lineKind: (line) => {
    const { kind } = readCountdownLine(line)
    return kind === 'malformed' ? null : kind
  },
  isFinal: isAnswerLine,
  verify: verifyCountdown,
  label: labelCountdown,
  demonstrate: demonstrateCountdown,
  attempt: attemptCountdown,
  // A right answer is recognized from the problem alone: every step valid, and the target reached.
  accepts: (problem, steps) => verifyCountdown(problem, steps).correct,
}
