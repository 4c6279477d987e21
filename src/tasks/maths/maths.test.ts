import { describe, expect, test } from 'vitest'
import { splitLines } from '../../core/testing/text-lines.ts'
import { maths } from './maths.ts'

/** Rows of GSM8K's shape, MATH-500's and search-and-learn's, written for this test. */
const GSM8K = [
  {
    question: 'Mia reads 12 pages a day for 6 days. How many pages does she read?',
    answer: 'She reads 12 * 6 = <<12*6=72>>72 pages.\n#### 72',
  },
  {
    question: 'A car costs $21,500. What do two cost?',
    answer: 'Two cost 2 * 21500 = $<<2*21500=43000>>43,000.\n#### 43,000',
  },
  { question: 'It was 5 degrees and fell by 8. How cold is it?', answer: '5 - 8 = <<5-8=-3>>-3\n#### -3' },
]
const MATH500 = {
  problem: 'Find $\\frac{1}{4}+\\frac{1}{4}$.',
  solution: 'The sum is $\\boxed{\\frac{1}{2}}$.',
  answer: '\\frac{1}{2}',
  subject: 'Prealgebra',
  level: 1,
  unique_id: 'test/prealgebra/1.json',
}

describe('rows of data files', () => {
  test('GSM8K: the gold answer ends a solution, which is kept', () => {
    const problems = GSM8K.map((row) => maths.readFields(row))
    expect(problems.map((problem) => maths.gold(problem))).toEqual(['72', '43000', '-3'])
    expect(problems[0]).toEqual({ question: GSM8K[0]?.question, gold: '72', solution: GSM8K[0]?.answer })
  })

  test('MATH-500 and search-and-learn', () => {
    const problem = maths.readFields(MATH500)
    expect(problem).toEqual({
      question: MATH500.problem,
      gold: '\\frac{1}{2}',
      solution: MATH500.solution,
      id: 'test/prealgebra/1.json',
    })
    expect(maths.gold(problem)).toBe('1/2')
    const { answer: _, ...without } = MATH500
    expect(maths.gold(maths.readFields(without))).toBe('1/2')
  })

  test('without a gold answer, or with a number', () => {
    expect(maths.readFields({ question: 'What?' })).toEqual({ question: 'What?', gold: null })
    expect(maths.readFields({ question: 'What?', answer: null }).gold).toBeNull()
    expect(maths.readFields({ question: 'What?', answer: '' }).gold).toBeNull()
    expect(maths.readFields({ question: 'What?', answer: 72 }).gold).toBe('72')
  })

  test('that is a percentage stays one where it is shown and given back', () => {
    const problem = maths.readFields({ question: 'What share?', answer: '50\\%' })
    const shown = maths.gold(problem)
    expect(shown).toBe('50%')
    const given = maths.withGold?.(problem, shown)
    expect(given && maths.verify(given, ['The answer is $\\boxed{0.5}$']).correct).toBe(true)
  })

  test('fields are read as they were written', () => {
    for (const row of [...GSM8K, MATH500, { question: 'What?' }]) {
      const problem = maths.readFields(row)
      expect(maths.readFields(maths.fields(problem))).toEqual(problem)
    }
  })

  test.each([
    [null, {}],
    [[], {}],
    [{ answer: '4' }, { field: 'problem' }],
    [{ problem: 5 }, { field: 'problem' }],
    [{ problem: '  ' }, { field: 'problem' }],
    [{ problem: 'x'.repeat(20_001) }, { field: 'problem' }],
    [{ problem: 'x', answer: ['4'] }, { field: 'answer' }],
    [{ problem: 'x', answer: '$$' }, { field: 'answer' }],
    [{ problem: 'x', answer: 'It is\n####' }, { field: 'answer' }],
    [{ problem: 'x', solution: 5 }, { field: 'solution' }],
  ])('%j is refused with its field', (row, place) => {
    expect(() => maths.readFields(row)).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ code: 'bad-problem', ...('field' in place ? { place } : {}) }),
      }),
    )
  })
})

describe('typed problems', () => {
  test('are a question without a gold answer, which may be given', () => {
    const problem = maths.parse('  What is 6 * 7?\n')
    expect(problem).toEqual({ question: 'What is 6 * 7?', gold: null })
    const known = maths.withGold?.(problem, '42')
    expect(known).toEqual({ question: 'What is 6 * 7?', gold: '42' })
    expect(maths.format({ question: 'What?', gold: '42' })).toBe('What?')
    expect(maths.question({ question: 'What?', gold: '42', solution: '42' })).toBe('What?')
    expect(() => maths.withGold?.(problem, ' ')).toThrow(/gold answer is empty/)
    expect(() => maths.parse(' ')).toThrow(/empty/)
    expect(() => maths.parse('x'.repeat(20_001))).toThrow(/too long/)
    expect(maths.remarks(problem)).toHaveLength(1)
    expect(maths.remarks({ question: 'What?', gold: '4' })).toEqual([])
  })
})

describe('verdicts', () => {
  const problem = { question: 'What is 1/4 + 1/4?', gold: '\\frac{1}{2}' }

  test('right, wrong, unknown and none', () => {
    expect(maths.verify(problem, ['It is 0.25 + 0.25.\n', 'So \\boxed{0.5}\n'])).toEqual({
      answer: '0.5',
      correct: true,
      vote: '0.5',
      explanation: 'The answer 0.5, read from the last \\boxed{…}, is the gold answer 1/2.',
      steps: [],
    })
    expect(maths.verify(problem, ['So it is 2'])).toMatchObject({
      answer: '2',
      correct: false,
      explanation: 'The answer 2, read from the last number of the text, is not the gold answer 1/2.',
    })
    expect(maths.verify({ ...problem, gold: null }, ['#### 1/2'])).toMatchObject({
      answer: '1/2',
      correct: null,
      vote: '0.5',
    })
    expect(maths.verify(problem, ['I do not know.'])).toMatchObject({ answer: null, correct: false, vote: null })
    expect(maths.verify({ ...problem, gold: null }, [])).toMatchObject({ answer: null, correct: null, vote: null })
    expect(maths.verify(problem, ['<think>It is \\boxed{1/2}']).explanation).toMatch(/while it thinks/)
  })

  test('a response is final where an answer is marked outside of thinking', () => {
    expect(maths.isFinal(['2 + 2 = 4\n', 'so \\boxed{4}\n'])).toBe(true)
    expect(maths.isFinal(['2 + 2 = 4\n'])).toBe(false)
    expect(maths.isFinal(['The answer is not obvious.\n'])).toBe(false)
    expect(maths.isFinal(['The answer is 4.\n'])).toBe(true)
    expect(maths.isFinal(['The final answer is:\n'])).toBe(false)
    expect(maths.isFinal(['Put it into \\boxed{}.\n'])).toBe(false)
    expect(maths.isFinal(['<think>\\boxed{4}\n'])).toBe(false)
    expect(maths.isFinal(['<think>\\boxed{4}\n', '</think>\n', '#### 4\n'])).toBe(true)
  })

  test('an answer may go over several steps', () => {
    expect(maths.answer(['\\boxed{(1,\n', '2)}\n'])).toBe('(1,2)')
  })

  test('the examples end in the answer that is read, and no earlier', () => {
    for (const { response } of maths.instructions.examples) {
      const steps = splitLines(response)
      expect(maths.isFinal(steps)).toBe(true)
      expect(maths.isFinal(steps.slice(0, -1))).toBe(false)
    }
  })
})
