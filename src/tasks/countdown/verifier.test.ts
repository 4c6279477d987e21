import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitLines } from '../../core/testing/text-lines.ts'
import { movesFrom } from './solver.ts'
import { labelCountdown, verifyCountdown } from './verifier.ts'

const problem = { numbers: [3, 5, 7, 2], target: 24 }
const right = ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n']
const first = (step: string, numbers = problem.numbers) => verifyCountdown({ numbers, target: 24 }, [step]).steps[0]

describe('verifyCountdown', () => {
  it('accepts a right response and says why', () => {
    const verdict = verifyCountdown(problem, right)
    expect(verdict).toMatchObject({ answer: '24', correct: true, explanation: 'Every step is right and ends with 24.' })
    expect(verdict.steps.map(({ message }) => message)).toEqual([
      '3 × 5 is 15, which leaves 7 2 15',
      '15 + 7 is 22, which leaves 2 22',
      '22 + 2 is 24, which leaves 24',
      'The answer is 24',
    ])
  })

  it('takes the numbers left in any order, zero, and results above 999', () => {
    expect(first('3*5=15 : 15 2 7\n')?.valid).toBe(true)
    expect(first('5-5=0 : 7 0\n', [5, 5, 7])?.valid).toBe(true)
    expect(first('500*3=1500 : 7 1500\n', [500, 3, 7])?.valid).toBe(true)
  })

  it.each([
    ['9+4=15 : 3 15\n', [9, 4, 3], '9 + 4 is 13, not 15'],
    ['7*5=35 : 3 35\n', [3, 5, 2], '7 is not available; the numbers are 3 5 2'],
    ['5+5=10 : 3 10\n', [3, 5, 2], '5 is not available twice; the numbers are 3 5 2'],
    ['3*5=15 : 2 15\n', [3, 5, 7, 2], 'The numbers left should be 7 2 15, not 2 15'],
    ['3-5=-2 : 7 -2\n', [3, 5, 7], '3 − 5 is negative'],
    ['3-5=2 : 7 2\n', [3, 5, 7], '3 − 5 is negative'],
    ['7/2=3 : 5 3\n', [7, 2, 5], '7 ÷ 2 is not a whole number'],
    ['7/0=0 : 5 0\n', [7, 0, 5], '7 ÷ 0 is not defined'],
    ['3 + 5 = 8\n', [3, 5, 7], '“3 + 5 = 8” is neither a step like 3*5=15 : 7 2 15 nor an answer like A 24'],
    ['A 24\n', [3, 5, 7], 'The answer comes too early: 3 5 7 are left'],
  ])('explains what is wrong with %j', (step, numbers, message) => {
    expect(first(step, numbers)).toEqual({ valid: false, message })
  })

  it('does not count text after the answer line', () => {
    const verdict = verifyCountdown(problem, [...right, 'nonsense\n', 'A 25\n'])
    expect(verdict.correct).toBe(true)
    expect(verdict.answer).toBe('24')
    expect(verdict.steps[4]).toEqual({ valid: true, message: 'Text after the answer does not count.' })
  })

  it('accepts an answer line that the end of the sequence cut short of its newline', () => {
    expect(verifyCountdown(problem, [...right.slice(0, 3), 'A 24', '']).correct).toBe(true)
  })

  it('refuses wrong answers, missing answers, and right answers after a wrong step', () => {
    const early = verifyCountdown(problem, right.slice(0, 2))
    expect(early).toMatchObject({ answer: null, correct: false })
    expect(early.explanation).toBe('The response ends without an answer; 2 22 are left.')
    expect(verifyCountdown(problem, right.slice(0, 3)).explanation).toBe(
      'The response has no answer line; its steps end with 24.',
    )
    const other = verifyCountdown({ ...problem, target: 25 }, right)
    expect(other).toMatchObject({ answer: '24', correct: false, explanation: 'The answer 24 is not the target 25.' })
    const lucky = verifyCountdown(problem, ['3*5=16 : 7 2 15\n', ...right.slice(1)])
    expect(lucky).toMatchObject({ answer: '24', correct: false, explanation: '3 × 5 is 15, not 16.' })
    expect(lucky.steps.map(({ valid }) => valid)).toEqual([false, true, true, true])
    expect(verifyCountdown(problem, [...right.slice(0, 3), 'A 25\n']).explanation).toBe(
      'The steps end with 24, not 25.',
    )
    expect(verifyCountdown(problem, [])).toMatchObject({ answer: null, correct: false })
  })

  it('agrees with every greedy response of the bundled problems', () => {
    let checked = 0
    for (const file of ['countdown3-problems.jsonl', 'countdown4-problems.jsonl']) {
      const text = readFileSync(new URL(`../../../public/datasets/${file}`, import.meta.url), 'utf8')
      for (const line of splitLines(text)) {
        const { numbers, target, greedy_response, greedy_correct } = JSON.parse(line)
        const verdict = verifyCountdown({ numbers, target }, splitLines(greedy_response))
        expect(verdict.correct, `${line}: ${verdict.explanation}`).toBe(greedy_correct)
        checked++
      }
    }
    expect(checked).toBe(400)
  })

  it('calls every trace of moves valid, and right exactly when it ends with the target', () => {
    const trace = fc.record({
      numbers: fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 3, maxLength: 5 }),
      choices: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
      target: fc.integer({ min: 1, max: 99 }),
    })
    fc.assert(
      fc.property(trace, ({ numbers, choices, target }) => {
        const steps: string[] = []
        let left: readonly number[] = numbers
        for (const choice of choices) {
          if (left.length === 1) break
          const moves = movesFrom(left)
          const move = moves[choice % moves.length]
          if (!move) break
          const result = { '+': move.a + move.b, '-': move.a - move.b, '*': move.a * move.b, '/': move.a / move.b }
          steps.push(`${move.a}${move.operation}${move.b}=${result[move.operation]} : ${move.left.join(' ')}\n`)
          left = move.left
        }
        steps.push(`A ${left[0]}\n`)
        const verdict = verifyCountdown({ numbers, target }, steps)
        expect(verdict.steps.every(({ valid }) => valid)).toBe(true)
        expect(verdict.correct).toBe(left[0] === target)
        expect(labelCountdown({ numbers, target }, steps).label).toBe(left[0] === target ? 1 : 0)
      }),
      { numRuns: 200 },
    )
  })
})

describe('labelCountdown', () => {
  it('follows a prefix from reachable to lost', () => {
    expect(labelCountdown(problem, [])).toMatchObject({ valid: true, reachable: true, label: 1 })
    expect(labelCountdown(problem, right.slice(0, 2))).toEqual({
      valid: true,
      reachable: true,
      label: 1,
      message: '24 can still be reached with 2 22, for example by 22 + 2.',
    })
    expect(labelCountdown(problem, [right[0] ?? '', '15*7=105 : 2 105\n'])).toEqual({
      valid: true,
      reachable: false,
      label: 0,
      message: '24 can no longer be reached with 2 105.',
    })
    expect(labelCountdown(problem, right.slice(0, 3))).toMatchObject({ label: 1 })
    expect(labelCountdown(problem, right)).toMatchObject({ valid: true, reachable: true, label: 1 })
  })

  it('is 0 after a wrong step, whatever follows', () => {
    const label = labelCountdown(problem, ['3*5=16 : 7 2 15\n'])
    expect(label).toEqual({ valid: false, reachable: false, label: 0, message: '3 × 5 is 15, not 16.' })
    expect(labelCountdown({ ...problem, target: 25 }, right)).toMatchObject({ valid: true, reachable: false, label: 0 })
  })
})
