import { expect, it } from 'vitest'
import { countdownExpression } from './expression.ts'
import { verifyCountdown } from './verifier.ts'

const problem = { numbers: [3, 5, 7, 2], target: 24 }

it('is the same whichever order sums and products are written in', () => {
  const one = countdownExpression(problem, ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n'])
  const other = countdownExpression(problem, ['7+2=9 : 3 5 9\n', '5*3=15 : 9 15\n', '9+15=24 : 24\n', 'A 24\n'])
  expect(one).toBe('2+3*5+7')
  expect(other).toBe(one)
})

it('keeps apart what is computed otherwise', () => {
  const numbers = [2, 2, 6]
  expect(countdownExpression({ numbers, target: 24 }, ['2*6=12 : 2 12\n', '2*12=24 : 24\n'])).toBe('2*2*6')
  expect(countdownExpression({ numbers, target: 24 }, ['2+2=4 : 6 4\n', '4*6=24 : 24\n'])).toBe('(2+2)*6')
  expect(countdownExpression({ numbers, target: 5 }, ['6/2=3 : 2 3\n', '3+2=5 : 5\n'])).toBe('2+6/2')
  expect(countdownExpression({ numbers, target: 2 }, ['6-2=4 : 2 4\n', '4-2=2 : 2\n'])).toBe('6-2-2')
})

it('a response votes for its expression, and only where it is a solution', () => {
  const right = ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n']
  expect(verifyCountdown(problem, right).vote).toBe('2+3*5+7')
  expect(verifyCountdown(problem, ['3*5=16 : 7 2 16\n', '16+7=23 : 2 23\n', '23+2=24 : 24\n', 'A 24\n'])).toMatchObject(
    {
      answer: '24',
      vote: null,
    },
  )
  expect(verifyCountdown(problem, right.slice(0, 2)).vote).toBeNull()
})
