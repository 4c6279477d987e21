import { RandomStream } from '../../core/random.ts'
import type { CountdownProblem, Operation } from './arithmetic.ts'
import { operate, sortedNumbers } from './arithmetic.ts'
import type { Move } from './solver.ts'
import { movesFrom, solve } from './solver.ts'

/** How often a trace takes any move instead of one towards the target, and how often a line is wrong. */
const WANDERS = 0.4
const ERRS = 0.06
/** How often the last line claims the target where nothing leads to it: what nearly all wrong responses of a policy do. */
const CLAIMS = 0.9

/**
 * The lines of a random solution, the answer included, each with its newline; null where there is none. Every move that
 * keeps the target in reach is as likely.
 */
export function demonstrateCountdown({ numbers, target }: CountdownProblem, seed: number): string[] | null {
  const random = new RandomStream(seed, 1)
  if (solve(numbers, target) === null) return null
  const lines: string[] = []
  let left = [...numbers]
  while (left.length > 1) {
    const step = take(left, random.pick(towards(left, target)), random)
    lines.push(lineOf(step.text, step.left))
    left = step.left
  }
  return [...lines, `A ${left[0]}\n`]
}

/**
 * The lines of an attempt that may leave the way to the target, and may have a line with a mistake of the kinds that
 * models make: a wrong result, a number used twice, a number changed, or a last result that is just what was wanted. It goes
 * on from what it wrote.
 */
export function attemptCountdown({ numbers, target }: CountdownProblem, seed: number): string[] {
  const random = new RandomStream(seed, 2)
  const lines: string[] = []
  let left = [...numbers]
  while (left.length > 1) {
    const goal = towards(left, target)
    const moves = goal.length === 0 || random.next() < WANDERS ? movesFrom(left) : goal
    if (moves.length === 0) break
    let step = take(left, random.pick(moves), random)
    if (left.length === 2 && goal.length === 0 && random.next() < CLAIMS) step = claim(left, target, random)
    else if (random.next() < ERRS) step = spoil(step, left, random)
    lines.push(lineOf(step.text, step.left))
    left = step.left
  }
  const answer = random.next() < ERRS / 2 ? target : (left[0] ?? target)
  return [...lines, `A ${answer}\n`]
}

interface Step {
  readonly text: string
  readonly a: number
  readonly b: number
  readonly result: number
  readonly left: number[]
}

/** Moves after which the target can still be reached. */
function towards(left: readonly number[], target: number): Move[] {
  return movesFrom(left).filter((move) => solve(move.left, target) !== null)
}

/** A move as it is written: what it takes leaves the list, its result comes last. */
function take(left: readonly number[], move: Move, random: RandomStream): Step {
  const swaps = (move.operation === '+' || move.operation === '*') && random.next() < 0.5
  const [a, b] = swaps ? [move.b, move.a] : [move.a, move.b]
  const result = operate(a, move.operation, b)
  if (result === null) throw new RangeError(`${a}${move.operation}${b} is no move`)
  return written(a, move.operation, b, result, [...without(left, [a, b]), result])
}

function written(a: number, operation: Operation, b: number, result: number, left: number[]): Step {
  return { text: `${a}${operation}${b}=${result}`, a, b, result, left }
}

/** The last line of a trace that cannot reach the target and says it did, by the operation that comes nearest. */
function claim(left: readonly number[], target: number, random: RandomStream): Step {
  const [small = 0, large = 0] = sortedNumbers(left)
  const [operation] = (['+', '-', '*', '/'] as const)
    .map((candidate) => [candidate, Math.abs(nearly(large, candidate, small) - target)] as const)
    .reduce((best, other) => (other[1] < best[1] ? other : best))
  const swaps = (operation === '+' || operation === '*') && random.next() < 0.5
  const [a, b] = swaps ? [small, large] : [large, small]
  return written(a, operation, b, target, [target])
}

/** As `operate`, where a division need not come out even. */
function nearly(a: number, operation: Operation, b: number): number {
  return operation === '/' ? a / b : (operate(a, operation, b) ?? Number.POSITIVE_INFINITY)
}

/** The step as if its result were another. */
function withResult(step: Step, result: number): Step {
  return { ...step, text: step.text.replace(/=.*/, `=${result}`), result, left: [...step.left.slice(0, -1), result] }
}

function spoil(step: Step, before: readonly number[], random: RandomStream): Step {
  const kind = random.integer(0, 2)
  const rest = step.left.slice(0, -1)
  if (kind === 0) {
    const apart = random.integer(1, 9) * (random.next() < 0.5 ? -1 : 1)
    const wrong = Math.max(0, step.result + apart)
    const changed = wrong === step.result ? wrong + 1 : wrong
    return withResult(step, changed)
  }
  // One of the numbers taken stays, or one that stays is another.
  if (kind === 1 || rest.length === 0) {
    const kept = [...rest, random.pick([step.a, step.b])].slice(0, Math.max(1, before.length - 2))
    return { ...step, left: [...kept, step.result] }
  }
  const at = random.integer(0, rest.length - 1)
  return { ...step, left: [...rest.with(at, Math.max(1, (rest[at] ?? 0) + random.integer(1, 3))), step.result] }
}

function lineOf(text: string, left: readonly number[]): string {
  return `${text} : ${left.join(' ')}\n`
}

/** The numbers in their order, without one each of those taken. */
function without(numbers: readonly number[], taken: readonly number[]): number[] {
  const left = [...numbers]
  for (const number of taken) left.splice(left.indexOf(number), 1)
  if (left.length !== numbers.length - taken.length) throw new RangeError(`${taken} of ${sortedNumbers(numbers)}`)
  return left
}
