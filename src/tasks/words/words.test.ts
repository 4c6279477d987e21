import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitLines } from '../../core/testing/text-lines.ts'
import { generateProblems } from '../generate-problems.ts'
import type { WordProblem } from './problem.ts'
import { solveQuantities } from './quantities.ts'
import { wordProblems } from './word-problems.ts'

interface Row {
  readonly problem: string
  readonly answer: number
  readonly solution: readonly string[]
  readonly quantities: Readonly<Record<string, number>>
  readonly greedy: string
}

const rows = splitLines(readFileSync('public/datasets/word-problems.jsonl', 'utf8')).map(
  (line) => JSON.parse(line) as Row,
)
const { generator, traces, label, grammar, notation } = wordProblems
const EXAMPLE = wordProblems.parse(wordProblems.example)
const SOLUTION = [
  'Eve needs Ann\n',
  'Ann needs Cy\n',
  'Cy has half as many figs as Dee 20/2=10\n',
  'Ann has 4 times as many figs as Cy 10*4=40\n',
  'Eve has 14 more figs than Ann 40+14=54\n',
  'A 54\n',
]
/** The same lines, results without what they repeat. */
const short = (lines: readonly string[]) => lines.map((line) => line.replace(/^(\w+) .* (?=\d+[-+*/])/, '$1 '))

/** Any problem of the generator. */
const problems = fc
  .record({ seed: fc.nat(), difficulty: fc.constantFrom(...generator.difficulties.map(({ id }) => id)) })
  .map(({ seed, difficulty }) => generator.generate(seed, difficulty))

describe('the problems of the data set', () => {
  it('are 300, read and written as they stand', () => {
    expect(rows).toHaveLength(300)
    for (const row of rows) {
      const problem = wordProblems.readFields(row)
      expect(wordProblems.format(problem)).toBe(row.problem)
      expect(wordProblems.question(problem)).toBe(row.problem)
      expect(wordProblems.readFields(wordProblems.fields(problem))).toEqual(problem)
      expect(notation.prompt(problem)).toBe(`${row.problem}\n`)
      expect(wordProblems.remarks(problem)).toEqual([])
    }
  })

  it('have the quantities, the gold answer and the solution, in its short form, that follow from their sentences', () => {
    for (const row of rows) {
      const problem = wordProblems.readFields(row)
      expect(wordProblems.gold(problem)).toBe(String(row.answer))
      const { together: _, ...quantities } = Object.fromEntries(solveQuantities(problem))
      expect(quantities).toEqual(row.quantities)
      const solution = [...row.solution, `A ${row.answer}\n`]
      expect(short(traces.demonstrate(problem))).toEqual(solution)
      const verdict = wordProblems.verify(problem, solution)
      expect(verdict).toMatchObject({ answer: String(row.answer), vote: String(row.answer), correct: true })
      expect(verdict.steps.filter(({ valid }) => !valid)).toEqual([])
      for (const [length] of solution.entries()) expect(label(problem, solution.slice(0, length + 1)).label).toBe(1)
    }
  })

  it('are right where the greedy responses have the gold answer', () => {
    const right = rows.filter(({ greedy, answer }) => /^A (\d+)$/m.exec(greedy)?.[1] === String(answer))
    expect(right).toHaveLength(101)
    const verified = rows.filter(
      (row) => wordProblems.verify(wordProblems.readFields(row), row.greedy.match(/.*\n/g) ?? []).correct,
    )
    expect(verified).toEqual(right)
  })
})

describe('reading', () => {
  it.each([
    ['  Ann has 7 figs.\n\nHow many   figs does Ann have ? ', 'Ann has 7 figs. How many figs does Ann have?'],
    ['Ann has 7 figs.How many figs does Ann have?', 'Ann has 7 figs. How many figs does Ann have?'],
  ])('takes spaces as they come: %j', (text, written) => {
    expect(wordProblems.format(wordProblems.parse(text))).toBe(written)
  })

  it.each([
    ['', 'The problem is empty'],
    ['Ann has 7 figs.', 'The problem has no question at its end'],
    ['Ann has 7 figs. How old is Ann?', 'The question does not fit'],
    ['Ann has seven figs. How many figs does Ann have?', 'A sentence does not fit'],
    ['Ann has 7 figs. Bob has 3 pens. How many figs does Ann have?', 'counts something else than the question'],
    ['Ann has 7 figs. Ann has 3 figs. How many figs does Ann have?', 'Ann has two sentences'],
    ['Ann has 7 figs. How many figs does Bob have?', 'No sentence says how many figs Bob has'],
    ['Ann has 7 more figs than Bob. How many figs does Ann have?', 'No sentence says how many figs Bob has'],
    ['Ann has 3 more figs than Bob. Bob has 2 more figs than Ann. How many figs does Ann have?', 'in a circle'],
    ['Ann has 3 more figs than Ann. How many figs does Ann have?', 'in a circle'],
    ['Ann has 3 figs. Bob has half as many figs as Ann. How many figs does Ann have?', 'Half of 3 is not a whole'],
    ['Ann has 3 figs. Bob has 4 fewer figs than Ann. How many figs does Ann have?', 'Bob has fewer than none'],
    ['Ann has 3 figs. How many figs do Ann and Ann have together?', 'The question names a person twice'],
    [
      'Ann has 3 figs. Bob has as many figs as Ann and Ann together. How many figs does Bob have?',
      'A sentence adds a person to themselves',
    ],
    ['A has 3 figs. How many figs does A have?', 'A name cannot be used'],
    ['Together has 3 figs. How many figs does Together have?', 'A name cannot be used'],
    ['Ann has 10000 figs. How many figs does Ann have?', 'A number of the problem is too large'],
  ])('refuses %j clearly', (text, message) => {
    expect(() => wordProblems.parse(text)).toThrow(message)
  })

  it('takes the question of other files’ rows, and refuses an answer that does not follow', () => {
    expect(wordProblems.readFields({ question: wordProblems.example })).toEqual(EXAMPLE)
    expect(wordProblems.readFields({ problem: wordProblems.example, answer: '54' })).toEqual(EXAMPLE)
    expect(() => wordProblems.readFields({ problem: wordProblems.example, answer: 55 })).toThrow(
      'not the one that follows from its sentences (expected 54, found 55)',
    )
    expect(() => wordProblems.readFields({ question: 'What?' })).toThrow('question: The question does not fit')
    expect(() => wordProblems.readFields(null)).toThrow('problem: The row has no text “problem”')
  })

  it('remarks on what the bundled models have no words for', () => {
    const strange = 'Zoe has 70 figs. Ann has 9 times as many figs as Zoe. How many figs does Ann have?'
    const [remark] = wordProblems.remarks(wordProblems.parse(strange))
    for (const part of ['Zoe', 'the number 70', 'the number 9']) expect(remark).toContain(part)
  })
})

describe('the generator', () => {
  it('repeats for a seed, and what is written is read back', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        expect(wordProblems.parse(wordProblems.format(problem))).toEqual(problem)
        expect(wordProblems.readFields(wordProblems.fields(problem))).toEqual(problem)
        expect(wordProblems.remarks(problem)).toEqual([])
        expect(Math.max(...solveQuantities(problem).values())).toBeLessThanOrEqual(300)
      }),
    )
    expect(() => generator.generate(1, 'unknown')).toThrow(RangeError)
    // Pins the generator: results elsewhere name only a seed.
    expect(wordProblems.format(generator.generate(7, '2-to-3-results'))).toBe(
      'Eve has 2 times as many keys as Cy. Bob has as many keys as Dee and Gus together. Gus has 7 keys. Dee has 2 times as many keys as Gus. Cy has 3 times as many keys as Bob. How many keys does Cy have?',
    )
  })

  it.each([
    ['2-results', [2], [0, 1]],
    ['2-to-3-results', [2, 3], [0, 1]],
    ['2-to-5-results', [2, 3, 4, 5], [0, 1, 2]],
    ['5-results', [5], [0, 1, 2]],
  ])('%s: results %j and distractors %j, all of them', (difficulty, results, distractors) => {
    const found = Array.from({ length: 300 }, (_, seed) => generator.generate(seed, difficulty))
    expect([...new Set(found.map(resultsOf))].sort()).toEqual(results)
    expect([...new Set(found.map(distractorsOf))].sort()).toEqual(distractors)
  })

  it('asks as the data set does: so often for two together, with so many sentences', () => {
    const made = Array.from({ length: 1000 }, (_, seed) => generator.generate(seed, '2-to-5-results'))
    const given = rows.map((row) => wordProblems.readFields(row))
    const mean = (set: readonly WordProblem[], of: (problem: WordProblem) => number) =>
      set.reduce((sum, problem) => sum + of(problem), 0) / set.length
    const shares: readonly [(problem: WordProblem) => number, number][] = [
      [({ asked }) => asked.length - 1, 0.05],
      [({ sentences }) => sentences.length, 0.25],
      [resultsOf, 0.15],
      [distractorsOf, 0.15],
      [(problem) => traces.demonstrate(problem).length, 0.3],
    ]
    for (const [of, apart] of shares) expect(Math.abs(mean(made, of) - mean(given, of))).toBeLessThan(apart)
  })

  it('splits by what the answer follows from, whoever they are about', () => {
    const renamed = (problem: WordProblem) =>
      wordProblems.parse(
        wordProblems
          .format(problem)
          .replace(/\b(Ann|Bob)\b/g, (name) => (name === 'Ann' ? 'Bob' : 'Ann'))
          .replaceAll(problem.things, 'keys'),
      )
    fc.assert(
      fc.property(problems, (problem) => {
        const { sentences } = problem
        expect(generator.split(renamed(problem))).toBe(generator.split(problem))
        expect(generator.split({ ...problem, sentences: sentences.toReversed() })).toBe(generator.split(problem))
      }),
    )
    const splits = Array.from({ length: 2000 }, (_, seed) =>
      generator.split(generator.generate(seed, '2-to-5-results')),
    )
    const held = splits.filter((split) => split === 'held-out').length / splits.length
    expect(held).toBeGreaterThan(0.08)
    expect(held).toBeLessThan(0.12)
  })

  it('has 500 held-out problems of every difficulty', () => {
    for (const { id } of generator.difficulties) {
      const set = { count: 500, difficulty: id, seed: 1, split: 'held-out' } as const
      expect(generateProblems(wordProblems, set)).toHaveLength(500)
    }
  })
})

describe('solutions and attempts', () => {
  it('a solution is right in every line, and its prefixes too', () => {
    expect(traces.demonstrate(EXAMPLE)).toEqual(SOLUTION)
    fc.assert(
      fc.property(problems, (problem) => {
        const solution = traces.demonstrate(problem)
        expect(solution.map((line, index) => isRight(problem, solution.slice(0, index), line))).not.toContain(false)
        expect(wordProblems.verify(problem, solution)).toMatchObject({ correct: true })
        expect(label(problem, solution.slice(0, -1))).toMatchObject({ valid: true, reachable: true, label: 1 })
        expect(wordProblems.verify(problem, short(solution)).steps).toEqual(
          wordProblems.verify(problem, solution).steps,
        )
      }),
    )
  })

  it('the label of an attempt flips at its first wrong line, and not again', () => {
    fc.assert(
      fc.property(problems, fc.nat(), (problem, seed) => {
        const lines = traces.attempt(problem, seed)
        expect(traces.attempt(problem, seed)).toEqual(lines)
        const wrong = lines.findIndex((line, index) => !isRight(problem, lines.slice(0, index), line))
        const first = wrong === -1 ? lines.length : wrong
        const labels = lines.map((_, index) => label(problem, lines.slice(0, index + 1)).label)
        expect(labels).toEqual(lines.map((_, index) => (index < first ? 1 : 0)))
        const { steps, answer } = wordProblems.verify(problem, lines)
        expect(steps.findIndex(({ valid }) => !valid)).toBe(wrong)
        expect(lines.map((line) => grammar.kind(line)).slice(0, -1)).not.toContain(null)
        expect(grammar.kind(lines.at(-1) ?? '')).toBe('answer')
        expect(lines.at(-1)).toBe(`A ${answer}\n`)
      }),
      { numRuns: 500 },
    )
  })

  it('attempts are wrong about half of the time, in plans and in results of every kind', () => {
    const messages = Array.from({ length: 600 }, (_, seed) => {
      const problem = generator.generate(seed, '2-to-5-results')
      const { steps } = wordProblems.verify(problem, traces.attempt(problem, seed))
      return steps.find(({ valid }) => !valid)?.message ?? null
    })
    const wrong = messages.filter((message) => message !== null)
    expect(wrong.length / messages.length).toBeGreaterThan(0.35)
    expect(wrong.length / messages.length).toBeLessThan(0.7)
    expect(wrong.filter((message) => / needs .* not /.test(message)).length).toBeGreaterThan(20)
    // Another value, another number or operand, another operation.
    expect(wrong.filter((message) => /=\d+, not \d+$/.test(message)).length).toBeGreaterThan(10)
    const others = wrong.flatMap((message) => {
      const [, a, operation, b, x, other, y] = /(\d+)(\D)(\d+)=\d+, not (\d+)(\D)(\d+)=/.exec(message) ?? []
      return a === undefined ? [] : [operation === other ? (a === x || b === y ? 'one' : 'both') : 'operation']
    })
    for (const kind of ['one', 'operation']) expect(others.filter((it) => it === kind).length).toBeGreaterThan(20)
  })
})

describe('verdicts', () => {
  const verdict = (index: number, ...lines: readonly string[]) =>
    wordProblems.verify(EXAMPLE, SOLUTION.toSpliced(index, lines.length, ...lines))

  it.each([
    [0, 'Eve needs Dee\n', 'Eve has 14 more figs than Ann: Eve needs Ann, not Dee'],
    [0, 'Dee needs Cy\n', 'Dee has 20 figs: nothing is to be calculated'],
    [0, 'Zoe needs Ann\n', 'No sentence is about Zoe'],
    [0, 'together needs Ann and Eve\n', 'The question asks for one person'],
    [2, 'Cy 20/2=11\n', 'Cy has half as many figs as Dee: 20/2=10, not 11'],
    [2, 'Cy 20*4=80\n', 'Cy has half as many figs as Dee: 20/2=10, not 20*4=80'],
    [2, 'Ann 20*4=80\n', 'Ann has 4 times as many figs as Cy: the quantity of Cy is not known yet'],
    [3, 'Ann 9*4=36\n', 'Ann has 4 times as many figs as Cy: 10*4=40, not 9*4=36'],
    [
      3,
      'Ann has 4 times as many figs as Dee 20*4=80\n',
      'Ann has 4 times as many figs as Cy, not “Ann has 4 times as many figs as Dee”',
    ],
    [
      3,
      'Ann has 5 times as many figs as Cy 10*4=40\n',
      'Ann has 4 times as many figs as Cy, not “Ann has 5 times as many figs as Cy”',
    ],
    [3, 'Ann has 4 times as many figs as Cy 10*5=50\n', 'Ann has 4 times as many figs as Cy: 10*4=40, not 10*5=50'],
    [
      3,
      'so Ann has 40\n',
      '“so Ann has 40” is neither a plan like Ann needs Cy, nor a result like Ann has 4 times as many figs as Cy 10*4=40',
    ],
    [5, 'A 55\n', 'Eve has 54 figs, not 55'],
  ])('line %i %j: %s', (index, line, message) => {
    const { steps, explanation } = verdict(index, line)
    expect(steps[index]).toMatchObject({ valid: false, message: expect.stringContaining(message) })
    expect(explanation).toContain(`Line ${index + 1}: ${message}`)
  })

  it('takes people of a plan, and two numbers that are added or multiplied, in any order', () => {
    const text =
      'Gus has 9 figs. Dee has 4 figs. Bob has as many figs as Gus and Dee together. How many figs does Bob have?'
    const problem = wordProblems.parse(text)
    for (const lines of [
      ['Bob needs Dee and Gus\n', 'Bob 4+9=13\n', 'A 13\n'],
      ['Bob 9+4=13\n', 'A 13\n'],
      ['Bob has as many figs as Dee and Gus together 4+9=13\n', 'A 13\n'],
    ]) {
      expect(label(problem, lines).label).toBe(1)
    }
    expect(label(problem, ['Bob needs Gus\n'])).toMatchObject({ valid: false, label: 0 })
    expect(verdict(3, 'Ann 4*10=40\n').correct).toBe(true)
    expect(verdict(2, 'Cy 2/20=10\n').steps[2]?.valid).toBe(false)
  })

  it('goes by the answer, judges later lines by those before, and says where the way was wrong', () => {
    const other = verdict(2, 'Cy 20/2=11\n', 'Ann 11*4=44\n', 'Eve 44+14=58\n', 'A 58\n')
    expect(other).toMatchObject({ answer: '58', vote: '58', correct: false })
    expect(other.steps.map(({ valid }) => valid)).toEqual([true, true, false, true, true, true])
    expect(other.steps.at(-1)?.message).toBe('The answer is 58, by the lines before')
    const lucky = verdict(2, 'Cy 20/2=11\n')
    expect(lucky.correct).toBe(true)
    expect(lucky.explanation).toMatch(/^The answer 54 is right, but the way to it is not. Line 3: .* not 11\.$/)
  })

  it('says what a right prefix lacks', () => {
    expect(label(EXAMPLE, SOLUTION.slice(0, 2)).message).toBe(
      'Every line is right so far; what can follow is Cy 20/2=10.',
    )
    expect(label(EXAMPLE, SOLUTION.slice(0, 5)).message).toContain('the answer line is missing')
    expect(label(EXAMPLE, []).label).toBe(1)
    const open = wordProblems.verify(EXAMPLE, SOLUTION.slice(0, 3))
    expect(open).toMatchObject({ answer: null, vote: null, correct: false })
    expect(open.explanation).toContain('without an answer')
  })

  it('takes the first answer, and nothing after it', () => {
    expect(wordProblems.answer([...SOLUTION, 'A 9\n'])).toBe('54')
    const { correct, steps } = wordProblems.verify(EXAMPLE, [...SOLUTION, 'A 9\n'])
    expect(correct).toBe(true)
    expect(steps.at(-1)).toEqual({ valid: true, message: 'Text after the answer does not count.' })
    expect(wordProblems.answer(['A \n', 'A 54\n'])).toBeNull()
  })
})

describe('lines', () => {
  it.each([
    ['A 54\n', 'answer', '54'],
    ['The answer is 54.', 'answer', '54'],
    ['**Answer:** 54', 'answer', '54'],
    ['A 9007199254740993\n', null, null],
    ['A box has 5 figs.\n', null, null],
    ['Ann needs Cy\n', 'step', null],
    ['together needs Ann and Cy\n', 'step', null],
    ['Ann 10*4=40\n', 'step', null],
    ['Ann has 4 times as many figs as Cy 10*4=40\n', 'step', null],
    ['Ann 10*4=\n', null, null],
  ])('%j is %s', (line, kind, answer) => {
    expect(grammar.kind(line)).toBe(kind)
    expect(wordProblems.answer([line])).toBe(answer)
  })

  it('ends with an answer, and only there', () => {
    expect(wordProblems.isFinal(SOLUTION)).toBe(true)
    expect(wordProblems.isFinal(SOLUTION.slice(0, 5))).toBe(false)
    expect(wordProblems.isFinal(['A box has 5 figs.\n'])).toBe(false)
    expect(wordProblems.isFinal([])).toBe(false)
  })
})

/** Everybody whose quantity the answer follows from, found anew. */
function needed({ sentences, asked }: WordProblem): WordProblem['sentences'] {
  const names = new Set<string>(asked)
  for (const name of names) {
    const relation = sentences.find(({ person }) => person === name)?.relation
    if (relation && 'of' in relation) names.add(relation.of)
    if (relation && 'and' in relation) names.add(relation.and)
  }
  return sentences.filter(({ person }) => names.has(person))
}

function resultsOf(problem: WordProblem): number {
  const calculated = needed(problem).filter(({ relation }) => relation.kind !== 'given')
  return calculated.length + problem.asked.length - 1
}

function distractorsOf(problem: WordProblem): number {
  return problem.sentences.length - needed(problem).length
}

/** Is the line right after these, which are right? By the text of the problem, and without the verifier. */
function isRight(problem: WordProblem, before: readonly string[], line: string): boolean {
  const text = wordProblems.format(problem)
  const quantities = solveQuantities(problem)
  const known = (name: string) =>
    new RegExp(`\\b${name} has \\d+ ${problem.things}\\.`).test(text) ||
    before.some((other) => other.startsWith(`${name} `) && other.includes('='))
  const answer = /^A (\d+)\n$/.exec(line)
  if (answer) return answer[1] === wordProblems.gold(problem)
  const [person = ''] = line.split(' ')
  const about =
    person === 'together'
      ? (/How many \w+ do (.*) have together/.exec(text)?.[1] ?? '')
      : (new RegExp(`\\b${person} has (.*?)\\.`).exec(text)?.[1] ?? '')
  const people = about.match(/\b[A-Z][a-z]*\b/g) ?? []
  const plan = /^\w+ needs (.*)\n$/.exec(line)
  if (plan) return plan[1]?.split(' and ').sort().join() === people.toSorted().join() && people.length > 0
  const result = /^\w+ (?:(.*) )?(\d+)(.)(\d+)=(\d+)\n$/.exec(line)
  if (!result || people.length === 0 || !people.every(known)) return false
  const [, stated, a, operation, b, value] = result
  if (stated !== undefined && stated !== (person === 'together' ? about : `has ${about}`)) return false
  const [first = 0, second] = people.map((name) => quantities.get(name))
  const number = Number(/\d+/.exec(about)?.[0] ?? 2)
  const wanted = about.includes('half') ? '/' : about.includes('times') ? '*' : about.includes('fewer') ? '-' : '+'
  const operands = [first, second ?? number]
  const turned = '+*'.includes(wanted) && `${b},${a}` === operands.join()
  return operation === wanted && (turned || `${a},${b}` === operands.join()) && Number(value) === quantities.get(person)
}
