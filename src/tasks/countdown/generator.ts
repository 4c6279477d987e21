import { RandomStream } from '../../core/random.ts'
import type { CountdownProblem } from './arithmetic.ts'
import { countSolutions, movesFrom } from './solver.ts'

/** What a difficulty asks of a problem. Solutions are different sequences of moves. */
interface Difficulty {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly numbers: number
  readonly solutions?: { readonly from?: number; readonly to?: number }
}

export const COUNTDOWN_DIFFICULTIES: readonly Difficulty[] = [
  { id: '3-numbers', name: '3 numbers', description: 'Two operations; the bundled policy solves most.', numbers: 3 },
  {
    id: '4-numbers-easy',
    name: '4 numbers, easy',
    description: 'Three operations, with many solutions.',
    numbers: 4,
    solutions: { from: 24 },
  },
  { id: '4-numbers', name: '4 numbers', description: 'Three operations; search starts to matter.', numbers: 4 },
  {
    id: '4-numbers-hard',
    name: '4 numbers, hard',
    description: 'Three operations, with very few solutions.',
    numbers: 4,
    solutions: { to: 4 },
  },
  {
    id: '5-numbers',
    name: '5 numbers, beyond the bundled models',
    description: 'Four operations; outside the bundled models’ training range.',
    numbers: 5,
  },
]

/** Largest number of a problem and of a result on the way, and largest target: the bundled models' training range. */
const LARGEST_NUMBER = 13
const LARGEST_RESULT = 999
const LARGEST_TARGET = 99

/**
 * A solvable problem: random numbers combined by random moves into the target. The same seed and difficulty give the
 * same problem. Throws a RangeError for an unknown difficulty.
 */
export function generateCountdown(seed: number, difficulty: string): CountdownProblem {
  const index = COUNTDOWN_DIFFICULTIES.findIndex(({ id }) => id === difficulty)
  const wanted = COUNTDOWN_DIFFICULTIES[index]
  if (!wanted) throw new RangeError(`unknown difficulty ${difficulty}`)
  const random = new RandomStream(seed, index)
  for (;;) {
    const numbers = Array.from({ length: wanted.numbers }, () => random.integer(1, LARGEST_NUMBER))
    const target = randomResult(numbers, random)
    if (target < 1 || target > LARGEST_TARGET) continue
    const { from = 1, to = Number.POSITIVE_INFINITY } = wanted.solutions ?? {}
    if (wanted.solutions) {
      const solutions = countSolutions(numbers, target)
      if (solutions < from || solutions > to) continue
    }
    return { numbers, target }
  }
}

function randomResult(numbers: readonly number[], random: RandomStream): number {
  let left = numbers
  while (left.length > 1) {
    const moves = movesFrom(left).filter((move) => move.left.every((value) => value <= LARGEST_RESULT))
    left = random.pick(moves).left
  }
  return left[0] ?? 0
}
