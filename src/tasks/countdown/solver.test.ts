import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Move } from './solver.ts'
import { countSolutions, movesFrom, solve } from './solver.ts'

/** Every value that all the numbers make together, by splitting the set in two: another way to the same question. */
function valuesOf(numbers: readonly number[]): Set<number> {
  const values = new Set<number>()
  const [only] = numbers
  if (numbers.length === 1 && only !== undefined) return values.add(only)
  for (let mask = 1; mask < 2 ** numbers.length - 1; mask++) {
    const left = numbers.filter((_, index) => mask & (1 << index))
    const right = numbers.filter((_, index) => !(mask & (1 << index)))
    for (const a of valuesOf(left)) {
      for (const b of valuesOf(right)) {
        values.add(a + b)
        values.add(a * b)
        if (a >= b) values.add(a - b)
        if (b !== 0 && a % b === 0) values.add(a / b)
      }
    }
  }
  return values
}

/** What is left after the moves; each must be one of those that there are. */
function endOf(numbers: readonly number[], moves: readonly Move[]): readonly number[] {
  return moves.reduce((left: readonly number[], move) => {
    expect(movesFrom(left)).toContainEqual(move)
    return move.left
  }, numbers)
}

describe('solve', () => {
  it('finds a sequence of moves, and none where there is none', () => {
    const moves = solve([3, 5, 7, 2], 24) ?? []
    expect(moves).toHaveLength(3)
    expect(endOf([3, 5, 7, 2], moves)).toEqual([24])
    expect(solve([1, 1, 1], 99)).toBeNull()
    expect(solve([24], 24)).toEqual([])
    expect(solve([23], 24)).toBeNull()
    expect(solve([0, 3, 3], 0)).not.toBeNull()
  })

  it('agrees with enumeration over all ways to split the numbers', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 3, maxLength: 4 })
    fc.assert(
      fc.property(numbers, (list) => {
        const values = valuesOf(list)
        for (let target = 0; target < 100; target++) {
          const moves = solve(list, target)
          expect(moves !== null).toBe(values.has(target))
          if (moves !== null) expect(endOf(list, moves)).toEqual([target])
        }
      }),
      { numRuns: 10 },
    )
  })
})

describe('countSolutions', () => {
  it('counts different sequences of moves', () => {
    // 2+1 then +1; 1+1 then +2.
    expect(countSolutions([1, 1, 2], 4)).toBe(3)
    expect(countSolutions([2, 3], 6)).toBe(1)
    expect(countSolutions([2, 3], 7)).toBe(0)
  })
})

describe('movesFrom', () => {
  it('lists each different move once, with the numbers left in order', () => {
    expect(movesFrom([4, 2, 4]).map(({ a, operation, b, left }) => `${a}${operation}${b} ${left.join(' ')}`)).toEqual([
      '4+2 4 6',
      '4-2 2 4',
      '4*2 4 8',
      '4/2 2 4',
      '4+4 2 8',
      '4-4 0 2',
      '4*4 2 16',
      '4/4 1 2',
    ])
    expect(movesFrom([0, 5]).map(({ a, operation, b }) => `${a}${operation}${b}`)).toEqual(['5+0', '5-0', '5*0', '0/5'])
  })
})
