import { expect, it } from 'vitest'
import { problemOf, promptOf } from '../registry.ts'

it('is found by its id, asked in words, and judged', () => {
  const { task, problem } = problemOf({ task: 'parity', problem: '3, 5 8' })
  expect(promptOf(task, problem)).toMatchObject({ question: 'Is the sum of 3, 5, 8 even or odd?', notation: null })
  expect(task.verify(problem, ['3 + 5 = 8\n', 'So it is even.\n'])).toMatchObject({ answer: 'even', correct: true })
  expect(task.verify(problem, ['Odd\n']).correct).toBe(false)
  expect(() => task.parse('three')).toThrow('whole numbers')
})
