import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mathsSegments } from './maths-segments.ts'

const kinds = (text: string) => mathsSegments(text).map(({ kind, text: part }) => `${kind} ${part}`)

it('finds LaTeX by its marks, and a box that stands alone', () => {
  expect(kinds('So $x^2 = 4$ and \\(y\\).')).toEqual([
    'plain So ',
    'inline x^2 = 4',
    'plain  and ',
    'inline y',
    'plain .',
  ])
  expect(kinds('$$a\nb$$\\[c\\]')).toEqual(['display a\nb', 'display c'])
  expect(kinds('The answer is \\boxed{\\frac{1}{2}}.')).toEqual([
    'plain The answer is ',
    'inline \\boxed{\\frac{1}{2}}',
    'plain .',
  ])
})

it('leaves money, and what has no end, as text', () => {
  for (const text of ['He has $5 and $7.', 'It costs $12', '\\boxed{3', '$ $', 'a $ b $ c', '\\[open']) {
    expect(kinds(text), text).toEqual([`plain ${text}`])
  }
})

it('loses nothing of a text without marks', () => {
  fc.assert(
    fc.property(
      fc.string().map((text) => text.replace(/[$\\]/g, '')),
      (text) => {
        expect(
          mathsSegments(text)
            .map((segment) => segment.text)
            .join(''),
        ).toBe(text)
      },
    ),
  )
})
