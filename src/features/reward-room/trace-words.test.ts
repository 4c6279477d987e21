import { expect, it } from 'vitest'
import { traceName } from './trace-words.ts'

const name = (origin: { format: string; line: number; index?: number }, index: number, id: string | null = null) =>
  traceName({ id, index, origin: { index: 0, ...origin } })

it('a trace has its own name, else that of its place: the line of a file, or its number among those made here', () => {
  expect(name({ format: 'process-bench', line: 1 }, 0, 'gsm8k-0')).toBe('gsm8k-0')
  expect([1, 2, 5].map((line, index) => name({ format: 'trl-stepwise', line }, index))).toEqual([
    'line 1',
    'line 2',
    'line 5',
  ])
  expect([0, 1].map((index) => name({ format: 'search-and-learn', line: 3, index }, index))).toEqual([
    'line 3',
    'line 3, 2',
  ])
  expect([0, 1].map((index) => name({ format: 'sampled', line: index + 1 }, index))).toEqual(['trace 1', 'trace 2'])
  expect(name({ format: 'text', line: 1 }, 0)).toBe('trace 1')
})
