import { expect, it } from 'vitest'
import { readStepEnds, showStepEnds } from './step-ends-text.ts'

it('several step ends are joined by “or”', () => {
  expect(showStepEnds(['\n', '\n\n'])).toBe('\\n or \\n\\n')
  expect(readStepEnds('\\n or \\n\\n')).toEqual(['\n', '\n\n'])
  expect(readStepEnds('')).toEqual([])
})
