import { expect, test } from 'vitest'
import { resplit } from './resplit.ts'

const STEPS = ['First line\nsecond line\n', 'Next step', 'A 24\n']

test.each([
  ['blank-lines', ['First line\nsecond line', 'Next step', 'A 24']],
  ['line-ends', ['First line', 'second line', 'Next step', 'A 24']],
  ['every-line-end', ['First line', 'second line', '', 'Next step', '', 'A 24']],
] as const)('%s', (split, steps) => {
  expect(resplit(STEPS, split)).toEqual(steps)
})

test('one step stays one', () => {
  expect(resplit(['One'], 'every-line-end')).toEqual(['One'])
})
