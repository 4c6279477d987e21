import { expect, test } from 'vitest'
import { matchingProblems } from './matching-problems.ts'

const problems = ['Ann has 12 figs and 3 plums.', 'Bob eats FIGS.', 'Cy counts 40 pears.'].map((text, index) => ({
  line: 2 * index + 1,
  text,
  gold: '7',
}))
const linesOf = (query: string) => matchingProblems(problems, query).map(({ line }) => line)

test('all words, in any order and with any capitals', () => {
  expect(linesOf('figs')).toEqual([1, 3])
  expect(linesOf(' plums  Ann ')).toEqual([1])
  expect(linesOf('ann pears')).toEqual([])
  expect(linesOf('  ')).toEqual([1, 3, 5])
})

test('a line of the file, beside problems with the number; gold answers are not looked in', () => {
  expect(linesOf('3')).toEqual([1, 3])
  expect(linesOf('5')).toEqual([5])
  expect(linesOf('7')).toEqual([])
})
