import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalAnswer, sameAnswer } from './canonical-answer.ts'
import { readAnswer } from './read-answer.ts'

interface Row {
  readonly response: string
  readonly gold: string
  readonly answer: string | null
  readonly correct: boolean
}

const ROWS: readonly Row[] = readFileSync('tests/fixtures/answers.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

function graded(response: string, gold: string) {
  const found = readAnswer(response)
  const expected = canonicalAnswer(gold)
  return {
    answer: found?.answer.text ?? null,
    correct: found !== null && expected !== null && sameAnswer(found.answer, expected),
  }
}

const box = (answer: string) => `\\boxed{${answer}}`
const same = (a: string, b: string) => graded(box(a), b).correct
const keyOf = (text: string) => canonicalAnswer(text)?.key

test.each(ROWS)('$response, gold $gold', ({ response, gold, answer, correct }) => {
  expect(graded(response, gold)).toEqual({ answer, correct })
})

describe('where the answer stands', () => {
  test.each([
    ['\\boxed{\\boxed{3}}', 'box', '3'],
    ['\\boxed{3} then \\boxed{4', 'box', '3'],
    ['\\boxed{\\{1, 2\\}}', 'box', '{1,2}'],
    ['The result is \\fbox{12}.', 'box', '12'],
    ['\\boxed 7', 'box', '7'],
    ['\\boxed{72', 'number', '72'],
    ['\\boxed{\\frac{1}{2}', 'number', '1/2'],
    ['#### 72\nThe answer is 5', 'hashes', '72'],
    ['#### 1\n#### 2', 'hashes', '2'],
    ['#### Step 4: the end\nSo the answer is 5.', 'phrase', '5'],
    ['#### Yes', 'hashes', 'yes'],
    ['The answer is $5 and not $6.', 'phrase', '5'],
    ['The final answer is: $\\frac{3}{4}$. I hope so', 'phrase', '3/4'],
    ['**Answer:** 72 km/h', 'phrase', '72'],
    ['The answer is:\n\n7', 'phrase', '7'],
    ['The answer to the question is 1,500 dollars.', 'phrase', '1500'],
    ['Answer: (C)', 'phrase', 'C'],
    ['The answer is yes.', 'phrase', 'yes'],
    ['The answer is 2.5. More words', 'phrase', '2.5'],
    ['The answer is x = 4, because 4 + 1 = 5', 'phrase', '4'],
    ['5 - 3', 'number', '3'],
    ['We get 10 -3', 'number', '3'],
    ['x = -3', 'number', '-3'],
    ['So 1/2 of them', 'number', '1/2'],
    ['about 1e3', 'number', '1000'],
    ['Take 2.5 × 10^3', 'number', '2500'],
    ['It costs \\$1,234.50 in all', 'number', '1234.5'],
    ['1,2', 'number', '2'],
  ])('%j by %s is %s', (response, rule, answer) => {
    const found = readAnswer(response)
    expect([found?.rule, found?.answer.text]).toEqual([rule, answer])
  })

  test.each(['', 'I do not know.', '\\boxed{}', '5 is wrong: \\boxed{ }', '\\boxed{$$}', '…'])(
    '%j has none',
    (response) => {
      expect(readAnswer(response)).toBeNull()
    },
  )

  test('a number is no marked answer', () => {
    expect(readAnswer('3 + 4 = 7', true)).toBeNull()
    expect(readAnswer('so \\boxed{7}', true)?.rule).toBe('box')
    expect(readAnswer('#### 7', true)?.rule).toBe('hashes')
    expect(readAnswer('the answer is 7', true)?.rule).toBe('phrase')
  })

  test('what is thought is not read', () => {
    expect(readAnswer('<think>\\boxed{5}</think>It is 6')?.answer.text).toBe('6')
    expect(readAnswer('I think \\boxed{5}</think>It is 6')?.answer.text).toBe('6')
    expect(readAnswer('<think>The answer is \\boxed{5}')).toBeNull()
  })
})

describe('values', () => {
  test.each([
    ['-5', '-5', '-5'],
    ['+7', '7', '7'],
    ['7.', '7', '7'],
    ['18.00', '18', '18'],
    ['.5', '0.5', '1/2'],
    ['0.50', '0.5', '\\frac12'],
    ['1e3', '1000', '1000'],
    ['3 \\times 10^{4}', '30000', '30,000'],
    ['1{,}234.50', '1234.5', '1234.5'],
    ['\\$18', '18', '18'],
    ['18 dollars', '18', '18'],
    ['\\text{18 dollars}', '18', '18'],
    ['72 km/h', '72', '72'],
    ['12 \\text{ square feet}', '12', '12'],
    ['6\\text{ m}^2', '6', '6'],
    ['5 m', '5', '5'],
    ['120^{\\circ}', '120', '120'],
    ['90 degrees', '90', '90'],
    ['2 million', '2000000', '2,000,000'],
    ['3 1/2', '7/2', '3.5'],
    ['-1\\frac{1}{2}', '-3/2', '-1.5'],
    ['\\frac{-5}{10}', '-1/2', '-0.5'],
    ['2^{10}', '1024', '1024'],
    ['5!', '120', '120'],
    ['\\binom{5}{2}', '10', '10'],
    ['\\log_2 8', '3', '3'],
    ['m = 5', '5', '5'],
    ['3 + 2 = 5', '5', '5'],
    ['\\mathbf{5}', '5', '5'],
    ['0', '0', '-0'],
    ['\\sqrt{16}', '4', '4'],
    ['1e-3', '1/1000', '0.001'],
  ])('%s is %s, as %s', (answer, text, gold) => {
    expect(graded(box(answer), gold)).toEqual({ answer: text, correct: true })
  })

  test('a percent sign is a unit, or a hundredth', () => {
    expect(same('50\\%', '50')).toBe(true)
    expect(same('50%', '0.5')).toBe(true)
    expect(same('0.5', '50\\%')).toBe(true)
    expect(same('0.5', '50')).toBe(false)
    expect(same('50', '0.5')).toBe(false)
    expect(same('50\\%', '5')).toBe(false)
  })

  test.each([
    ['0.333', '1/3'],
    ['3.14', '\\pi'],
    ['5', '5m'],
    ['1', '-1'],
    ['1e3', '100'],
    ['1010_2', '10'],
    ['1/0', '0'],
    ['9^{9^{9}}', '9'],
  ])('%s is not %s', (answer, gold) => {
    expect(same(answer, gold)).toBe(false)
  })

  test('equal values have one key', () => {
    expect(new Set(['1/2', '0.5', '\\frac{1}{2}', '.50', '\\frac{3}{6}'].map(keyOf))).toEqual(new Set(['0.5']))
    expect(new Set(['1/3', '\\frac13', '\\frac{2}{6}'].map(keyOf))).toEqual(new Set(['1/3']))
    expect(new Set(['(x+1)^2', 'x^2+2x+1', '(1+x)(x+1)'].map(keyOf))).toEqual(new Set(['(x+1)^2']))
    expect(new Set(['\\sqrt{8}', '2\\sqrt2', '\\frac{4}{\\sqrt{2}}'].map(keyOf))).toEqual(new Set(['2*sqrt(2)']))
  })
})

describe('expressions', () => {
  test.each([
    ['x^2-1', '(x-1)(x+1)'],
    ['\\frac{x^2-1}{x-1}', 'x+1'],
    ['\\frac{x+y}{x-y}', '\\frac{-x-y}{y-x}'],
    ['\\frac{x^2-y^2}{x^2+2xy+y^2}', '\\frac{x-y}{x+y}'],
    ['\\frac{1}{x}+1', '\\frac{x+1}{x}'],
    ['\\frac{1}{\\sqrt2}', '\\frac{\\sqrt{2}}{2}'],
    ['\\frac{1}{1+\\sqrt2}', '\\sqrt2-1'],
    ['\\sqrt[3]{16}', '2\\sqrt[3]{2}'],
    ['\\sqrt{\\frac{1}{2}}', '\\frac{\\sqrt 2}{2}'],
    ['\\sqrt{-4}', '2i'],
    ['(1+i)^2', '2i'],
    ['\\frac{1}{i}', '-i'],
    ['5+3i', '3i+5'],
    ['\\pi r^2', 'r^2 \\pi'],
    ['\\frac{\\pi}{4}', '\\pi/4'],
    ['\\sin^2 x', '(\\sin x)^2'],
    ['\\cos 2x', '\\cos(2x)'],
    ['2^x \\cdot 3', '3 \\cdot 2^x'],
    ['\\sqrt{x}', 'x^{1/2}'],
    ['-\\frac{1}{2}x + 3', '3-x/2'],
    ['2ab', '2ba'],
    ['a_1+b_2', 'b_2+a_1'],
    ['y = 2x+3', '2x + 3'],
    ['|x-1|', '|x-1|'],
    ['4\\sqrt{3}\\text{ cm}', '4\\sqrt3'],
    ['x^2+y^2=1', '1 = y^2 + x^2'],
    ['2x+2y=2', 'x+y=1'],
    ['x \\ge 5', '5 \\le x'],
    ['0 < x \\leq 3', '3 \\ge x > 0'],
  ])('%s is %s', (answer, gold) => {
    expect(same(answer, gold)).toBe(true)
  })

  test.each([
    ['x^2+2x', '(x+1)^2'],
    ['2\\sqrt{2}', '\\sqrt{2}'],
    ['x+y', 'x-y'],
    ['x', 'y'],
    ['\\sin x', '\\cos x'],
    ['3+2i', '3-2i'],
    ['x < 5', 'x \\le 5'],
    ['x < 5', 'x > 5'],
  ])('%s is not %s', (answer, gold) => {
    expect(same(answer, gold)).toBe(false)
  })
})

describe('collections and text', () => {
  test.each([
    ['(1.0,\\frac{1}{2})', '(1, 0.5)'],
    ['\\left[-\\frac12,\\infty\\right)', '[-1/2, \\infty)'],
    ['(-\\infty,0)\\cup(1,2]', '(1,2]\\cup(-\\infty,0)'],
    ['\\{3, 1, 2\\}', '\\{1,2,3\\}'],
    ['1, 2', '2,1'],
    ['x=1 \\text{ or } x=2', '2, 1'],
    ['\\pm 3', '3, -3'],
    ['3\\pm 2\\sqrt{2}', '3+2\\sqrt2, 3-2\\sqrt2'],
    ['\\emptyset', '\\{\\}'],
    ['\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}', '\\begin{pmatrix}1\\\\2\\end{pmatrix}'],
    ['A, C', 'C and A'],
    ['(b)', 'B'],
    ['\\text{Two words.}', 'two  words'],
    ['Monday', '\\text{monday}'],
    ['\\{x : x>3\\}', '\\{x:x>3\\}'],
    ['3:4', '3 : 4'],
  ])('%s is %s', (answer, gold) => {
    expect(same(answer, gold)).toBe(true)
  })

  test.each([
    ['(1,2)', '1,2'],
    ['(1,2)', '[1,2]'],
    ['(1,2)', '(1,2,3)'],
    ['\\{1,2\\}', '\\{1,2,3\\}'],
    ['1,234', '1, 234'],
    ['no', 'on'],
    ['A', 'B'],
    ['north', 'south'],
  ])('%s is not %s', (answer, gold) => {
    expect(same(answer, gold)).toBe(false)
  })
})

test('nothing that a model writes takes long', () => {
  const texts = [
    '\\boxed{'.repeat(20_000),
    '{'.repeat(50_000),
    `\\boxed{${'('.repeat(300)}}`,
    `\\boxed{${'1+'.repeat(190)}1}`,
    '\\boxed{(a+b+c+d+e+f)^{40}}',
    '\\boxed{((x+1)^{40})^{40}}',
    '\\boxed{2^{999999999}}',
    '\\boxed{1e999}',
    '\\boxed{\\sqrt{123456789123456789123456789}}',
    '\\boxed{170!!!}',
    'answer is '.repeat(5000),
    '#### a\n'.repeat(5000),
    '9'.repeat(50_000),
    '1,'.repeat(20_000),
    ' '.repeat(50_000),
    `\\boxed{${'\\frac{1}{'.repeat(30)}2${'}'.repeat(30)}}`,
    '<think>'.repeat(20_000),
  ]
  for (const text of texts) {
    const start = performance.now()
    readAnswer(text)
    expect(performance.now() - start, text.slice(0, 40)).toBeLessThan(1000)
  }
})
