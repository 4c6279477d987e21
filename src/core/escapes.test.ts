import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readEscapes, showEscapes } from './escapes.ts'

it('reads back what it shows', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\n', '\t', '\\', 'n', 't', 'ки', ' ') }), (text) => {
      expect(readEscapes(showEscapes(text))).toBe(text)
    }),
  )
})

it('shows a line end as two letters', () => {
  expect(showEscapes('\n\n')).toBe('\\n\\n')
  expect(readEscapes('\\')).toBe('\\')
})
