import { expect, it } from 'vitest'
import { splitLines } from './text-lines.ts'

it('keeps every newline, and a last line without one', () => {
  expect(splitLines('a\nb\n')).toEqual(['a\n', 'b\n'])
  expect(splitLines('a\n\nb')).toEqual(['a\n', '\n', 'b'])
  expect(splitLines('')).toEqual([])
})
