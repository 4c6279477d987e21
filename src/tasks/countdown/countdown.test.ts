import { describe, expect, it } from 'vitest'
import { checkerFor, taskById } from '../registry.ts'
import { countdown } from './countdown.ts'
import { countSolutions } from './solver.ts'

describe('countdown problems', () => {
  const problem = { numbers: [3, 5, 7, 2], target: 24 }

  it.each(['3 5 7 2 > 24', '3,5,7,2 -> 24', '3 5 7 2 = 24', ' Q 3 5 7 2 > 24\n', '3, 5, 7, 2 → 24', '3 5 7 2 => 24'])(
    'reads %j',
    (text) => {
      expect(countdown.parse(text)).toEqual(problem)
    },
  )

  it.each([
    ['', 'The problem is empty'],
    ['3 5 7 2', 'The problem has no target'],
    ['3 5 7 2 >', 'The problem has no target'],
    ['3 5 7 > 2 > 24', 'The problem has more than one target'],
    ['3 5 7 > 2 24', 'The problem has more than one target'],
    ['3 5 > 24', 'The problem has too few numbers (expected 3 to 5 numbers before the target, found 2)'],
    ['1 2 3 4 5 6 > 24', 'The problem has too many numbers (expected 3 to 5 numbers before the target, found 6)'],
    ['3 5.5 7 > 24', 'not a whole number (expected a whole number from 1 to 999, found 5.5)'],
    ['3 x 7 > 24', 'not a whole number (expected a whole number from 1 to 999, found x)'],
    ['3 0 7 > 24', 'A number of the problem is zero'],
    ['3 -5 7 > 24', 'A number of the problem is negative'],
    ['3 5 1000 > 24', 'A number of the problem is too large'],
    ['3 5 7 > 0', 'The target of the problem is zero'],
    ['3 5 7 > 1e3', 'The target of the problem is not a whole number'],
  ])('refuses %j clearly', (text, message) => {
    expect(() => countdown.parse(text)).toThrow(message)
  })

  it('reads and writes the fields of a data file', () => {
    expect(countdown.readFields({ numbers: [3, 5, 7, 2], target: 24, greedy_correct: true })).toEqual(problem)
    expect(countdown.fields(problem)).toEqual(problem)
    expect(() => countdown.readFields({ target: 24 })).toThrow('no list “numbers”')
    expect(() => countdown.readFields({ numbers: [3, 5, 7] })).toThrow('no “target”')
    expect(() => countdown.readFields({ numbers: [3, '5', 7], target: 24 })).toThrow('not a whole number')
    expect(() => countdown.readFields(null)).toThrow('no list “numbers”')
  })

  it('formats and prompts as the models were trained', () => {
    expect(countdown.format(problem)).toBe('3 5 7 2 > 24')
    expect(countdown.notation.prompt(problem)).toBe('Q 3 5 7 2 > 24\n')
  })

  it('remarks on problems outside the training range', () => {
    expect(countdown.remarks(problem)).toEqual([])
    expect(countdown.remarks({ numbers: [1, 2, 3, 4, 5], target: 24 }).join(' ')).toContain(
      '5 numbers (trained on 3 or 4)',
    )
    expect(countdown.remarks({ numbers: [1, 20, 3], target: 24 }).join(' ')).toContain('20 among the numbers')
    expect(countdown.remarks({ numbers: [1, 2, 3], target: 240 }).join(' ')).toContain('the target 240')
  })

  it('says that a problem has no solution, and that it is beyond the bundled models', () => {
    expect(countdown.remarks(problem)).toEqual([])
    expect(countdown.remarks(countdown.parse('1 1 1 1 > 50'))).toEqual([expect.stringContaining('no solution')])
    expect(countdown.remarks(countdown.parse('1 1 1 1 1 > 50'))).toHaveLength(2)
    const beyond = countdown.generator.difficulties.filter(
      ({ id }) => countdown.remarks(countdown.generator.generate(1, id)).length > 0,
    )
    expect(beyond.map(({ name }) => name)).toEqual(['5 numbers, beyond the bundled models'])
  })

  it('knows the answer line, and what a line says', () => {
    expect(countdown.answer(['3*5=15 : 7 2 15\n', 'A 15\n'])).toBe('15')
    expect(countdown.answer(['3*5=15 : 7 2 15\n'])).toBeNull()
    expect(countdown.grammar.kind('A 24\n')).toBe('answer')
    expect(countdown.grammar.kind('24')).toBeNull()
    expect(countdown.isFinal(['A 24\n'])).toBe(true)
    expect(countdown.isFinal(['3*5=15 : 7 2 15\n'])).toBe(false)
  })
})

describe('countdown generator', () => {
  it('repeats for a seed, and gives solvable problems in range at every difficulty', () => {
    for (const { id } of countdown.generator.difficulties) {
      const seen = new Set<string>()
      for (let seed = 0; seed < 25; seed++) {
        const problem = countdown.generator.generate(seed, id)
        expect(countdown.generator.generate(seed, id)).toEqual(problem)
        expect(countdown.parse(countdown.format(problem))).toEqual(problem)
        expect(problem.numbers).toHaveLength(Number(id[0]))
        expect(Math.max(...problem.numbers)).toBeLessThanOrEqual(13)
        expect(problem.target).toBeLessThanOrEqual(99)
        const solutions = countSolutions(problem.numbers, problem.target)
        expect(solutions).toBeGreaterThan(0)
        if (id.endsWith('hard')) expect(solutions).toBeLessThanOrEqual(4)
        if (id.endsWith('easy')) expect(solutions).toBeGreaterThanOrEqual(24)
        seen.add(countdown.format(problem))
      }
      expect(seen.size).toBeGreaterThan(20)
    }
    expect(() => countdown.generator.generate(1, 'unknown')).toThrow(RangeError)
  })
})

describe('registry', () => {
  it('finds tasks by id and names those there are', () => {
    expect(taskById('countdown').name).toBe('Countdown')
    expect(() => taskById('chess')).toThrow(
      'There is no such task (expected countdown, word-problems, maths, own, found chess)',
    )
  })

  it('binds a task to a problem; Countdown checks itself without a gold answer', () => {
    const checker = checkerFor(countdown, { numbers: [3, 5, 7, 2], target: 24 })
    const steps = ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n']
    expect(checker.isFinal(['A 24\n'])).toBe(true)
    expect(checker.verify(steps).correct).toBe(true)
    expect(checker.accepts?.(steps)).toBe(true)
    expect(checker.accepts?.(steps.slice(1))).toBe(false)
  })
})

it('attempts go wrong as policies do: mostly in a last line that claims the target', () => {
  const problems = ['4 13 10 8 > 65', '8 6 3 > 10', '9 3 3 7 > 1', '12 13 3 > 3'].map((text) => countdown.parse(text))
  const attempts = problems.flatMap((problem) =>
    Array.from({ length: 100 }, (_, seed) => ({ problem, steps: countdown.traces.attempt(problem, seed) })),
  )
  expect(attempts.slice(0, 100).map(({ problem }, seed) => countdown.traces.attempt(problem, seed))).toEqual(
    attempts.slice(0, 100).map(({ steps }) => steps),
  )
  const wrong = attempts.filter(({ problem, steps }) => !countdown.verify(problem, steps).correct)
  expect(wrong.length / attempts.length).toBeGreaterThan(0.25)
  expect(wrong.length / attempts.length).toBeLessThan(0.75)
  const claims = wrong.filter(({ problem, steps }) => steps.at(-1) === `A ${problem.target}\n`)
  expect(claims.length / wrong.length).toBeGreaterThan(0.6)
  // All before the line whose result is the target keeps to the rules, mostly.
  const inLast = claims.filter(({ problem, steps }) => {
    const valid = steps.map((_, index) => countdown.label(problem, steps.slice(0, index + 1)).valid)
    return valid.indexOf(false) >= steps.length - 2
  })
  expect(inLast.length / claims.length).toBeGreaterThan(0.6)
})
