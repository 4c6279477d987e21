import type { ExactLabel, ResponseVerdict, StepVerdict } from '../task.ts'
import type { CountdownProblem } from './arithmetic.ts'
import { describeOperation, operate, sameNumbers, takeTwo } from './arithmetic.ts'
import { countdownExpression } from './expression.ts'
import type { CountdownLine } from './line.ts'
import { readCountdownLine } from './line.ts'
import { solve } from './solver.ts'

/** What a response says, line by line, up to its answer. */
interface Reading {
  readonly steps: readonly StepVerdict[]
  readonly valid: boolean
  /** Message of the first line that is wrong. */
  readonly firstError: string | null
  /** The numbers left after the last line. */
  readonly left: readonly number[]
  readonly answer: number | null
}

/**
 * Verdict on a response: right where every step is valid, the last number is the target and the answer line says so.
 * The numbers left may stand in any order; text after the answer line does not count.
 */
export function verifyCountdown(problem: CountdownProblem, steps: readonly string[]): ResponseVerdict {
  const reading = readResponse(problem, steps)
  const answer = reading.answer === null ? null : String(reading.answer)
  const correct = reading.valid && reading.answer === problem.target
  // Whether an expression is a solution is seen from the problem alone; what is none has no vote.
  const vote = correct ? countdownExpression(problem, steps) : null
  return { answer, correct, vote, explanation: explain(problem, reading), steps: reading.steps }
}

/** Exact label of a prefix: valid so far, and the target can still be reached with all the numbers left. */
export function labelCountdown(problem: CountdownProblem, steps: readonly string[]): ExactLabel {
  const reading = readResponse(problem, steps)
  if (!reading.valid || reading.answer !== null) {
    const correct = reading.valid && reading.answer === problem.target
    return {
      valid: reading.valid,
      reachable: correct,
      label: correct ? 1 : 0,
      message: explain(problem, reading),
    }
  }
  const moves = solve(reading.left, problem.target)
  const numbers = reading.left.join(' ')
  if (!moves) {
    const message = `${problem.target} can no longer be reached with ${numbers}.`
    return { valid: true, reachable: false, label: 0, message }
  }
  const [next] = moves
  const message = next
    ? `${problem.target} can still be reached with ${numbers}, for example by ${describeOperation(next.a, next.operation, next.b)}.`
    : `${problem.target} is reached; the answer line is missing.`
  return { valid: true, reachable: true, label: 1, message }
}

function readResponse(problem: CountdownProblem, steps: readonly string[]): Reading {
  const verdicts: StepVerdict[] = []
  let left: readonly number[] = problem.numbers
  let answer: number | null = null
  let ended = false
  let firstError: string | null = null
  for (const step of steps) {
    // An empty step is where the response ended without another line.
    if (ended || step === '') {
      verdicts.push({
        valid: true,
        message: ended ? 'Text after the answer does not count.' : 'The response ends here.',
      })
      continue
    }
    const line = readCountdownLine(step)
    const verdict = judgeLine(line, left)
    verdicts.push(verdict)
    if (!verdict.valid) firstError ??= verdict.message
    // Later lines are judged by what was written, so that one mistake is told once.
    if (line.kind === 'step') left = line.left
    if (line.kind === 'answer') answer = line.value
    ended = line.kind === 'answer' || (line.kind === 'malformed' && line.text.startsWith('A '))
  }
  return { steps: verdicts, valid: firstError === null, firstError, left, answer }
}

function judgeLine(line: CountdownLine, numbers: readonly number[]): StepVerdict {
  if (line.kind === 'malformed') {
    return wrong(`“${line.text}” is neither a step like 3*5=15 : 7 2 15 nor an answer like A 24`)
  }
  if (line.kind === 'answer') {
    if (numbers.length > 1) return wrong(`The answer comes too early: ${numbers.join(' ')} are left`)
    if (numbers[0] !== line.value) return wrong(`The steps end with ${numbers[0] ?? 'nothing'}, not ${line.value}`)
    return { valid: true, message: `The answer is ${line.value}` }
  }
  const { a, operation, b, result, left } = line
  const taken = takeTwo(numbers, a, b)
  if ('missing' in taken) return wrong(notAvailable(numbers, taken.missing))
  const equation = describeOperation(a, operation, b)
  const right = operate(a, operation, b)
  if (right === null) return wrong(`${equation} ${operation === '-' ? 'is negative' : whyNoQuotient(b)}`)
  if (right !== result) return wrong(`${equation} is ${right}, not ${result}`)
  const expected = [...taken.rest, right]
  if (!sameNumbers(expected, left)) {
    return wrong(`The numbers left should be ${expected.join(' ')}, not ${left.join(' ')}`)
  }
  return { valid: true, message: `${equation} is ${right}, which leaves ${expected.join(' ')}` }
}

function wrong(message: string): StepVerdict {
  return { valid: false, message }
}

function whyNoQuotient(divisor: number): string {
  return divisor === 0 ? 'is not defined' : 'is not a whole number'
}

function notAvailable(numbers: readonly number[], missing: number): string {
  const once = numbers.includes(missing) ? ' twice' : ''
  return `${missing} is not available${once}; the numbers are ${numbers.join(' ')}`
}

function explain({ target }: CountdownProblem, { firstError, answer, left }: Reading): string {
  if (firstError !== null) return `${firstError}.`
  if (answer === null) {
    return left.length === 1
      ? `The response has no answer line; its steps end with ${left[0]}.`
      : `The response ends without an answer; ${left.join(' ')} are left.`
  }
  return answer === target
    ? `Every step is right and ends with ${target}.`
    : `The answer ${answer} is not the target ${target}.`
}
