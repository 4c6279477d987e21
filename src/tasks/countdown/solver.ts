import type { Operation } from './arithmetic.ts'
import { OPERATIONS, operate, sortedNumbers } from './arithmetic.ts'

/** One way to combine two of the numbers, and the numbers left, sorted. */
export interface Move {
  readonly a: number
  readonly operation: Operation
  readonly b: number
  readonly left: readonly number[]
}

/** Every different move from these numbers; of `a + b` and `b + a`, `a * b` and `b * a` only the one with a ≥ b. */
export function movesFrom(numbers: readonly number[]): Move[] {
  const moves: Move[] = []
  const seen = new Set<string>()
  for (let i = 0; i < numbers.length; i++) {
    for (let j = i + 1; j < numbers.length; j++) {
      const a = Math.max(numbers[i] ?? 0, numbers[j] ?? 0)
      const b = Math.min(numbers[i] ?? 0, numbers[j] ?? 0)
      const pair = `${a} ${b}`
      if (seen.has(pair)) continue
      seen.add(pair)
      const rest = numbers.filter((_, index) => index !== i && index !== j)
      for (const operation of OPERATIONS) {
        const result = operate(a, operation, b)
        if (result !== null) moves.push({ a, operation, b, left: sortedNumbers([...rest, result]) })
      }
      // 0 ÷ b is the one division with the smaller number first.
      if (b === 0 && a !== 0) moves.push({ a: b, operation: '/', b: a, left: sortedNumbers([...rest, 0]) })
    }
  }
  return moves
}

/**
 * A shortest proof that the target can be reached with all the numbers: the moves, in order ([] where it is there
 * already), or null. Exhaustive; remembers the sets of numbers that failed.
 */
export function solve(numbers: readonly number[], target: number): Move[] | null {
  const failed = new Set<string>()
  const search = (left: readonly number[]): Move[] | null => {
    if (left.length === 1) return left[0] === target ? [] : null
    const key = left.join(' ')
    if (failed.has(key)) return null
    for (const move of movesFrom(left)) {
      const rest = search(move.left)
      if (rest) return [move, ...rest]
    }
    failed.add(key)
    return null
  }
  return search(sortedNumbers(numbers))
}

/** Number of different sequences of moves that reach the target with all the numbers. */
export function countSolutions(numbers: readonly number[], target: number): number {
  const known = new Map<string, number>()
  const count = (left: readonly number[]): number => {
    if (left.length === 1) return left[0] === target ? 1 : 0
    const key = left.join(' ')
    let ways = known.get(key)
    if (ways === undefined) {
      ways = 0
      for (const move of movesFrom(left)) ways += count(move.left)
      known.set(key, ways)
    }
    return ways
  }
  return count(sortedNumbers(numbers))
}
