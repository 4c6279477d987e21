import { describe, expect, it } from 'vitest'
import { METRICS } from '../layout/tree-layout.ts'
import { wrapped } from './paint-tooltip.ts'
import { clipped, rowLayout } from './row-layout.ts'

/** Letters of 7, wide ones of 14. */
const measure = (text: string) => [...text].reduce((sum, letter) => sum + (letter > '\u2fff' ? 14 : 7), 0)
const fonts = { size: 11.5, plain: 'plain', bold: 'bold', small: 'small' }
const answer = {
  main: 'A 40',
  rest: '',
  score: '0.830',
  badge: '×4',
  visited: false,
  verdict: 'wrong' as const,
  appearance: 'finishedWrong' as const,
}
const step = { ...answer, main: '6*4=24', rest: ': 24 24', badge: '×2', verdict: null, appearance: 'kept' as const }
const row = (face: Parameters<typeof rowLayout>[0], width: number) =>
  rowLayout(face, { left: 0, right: width }, fonts, measure, false)

describe('the line of a node', () => {
  it('holds everything where there is room', () => {
    expect(row(step, 200)).toMatchObject({ main: '6*4=24', rest: ': 24 24', badge: '×2', score: '0.830', cut: false })
  })

  it('leaves out the mark of duplicates before the numbers left, and those before the step', () => {
    expect(row(step, 145)).toMatchObject({ main: '6*4=24', rest: ': 24 24', badge: '', cut: true })
    expect(row({ ...step, visited: true }, 145)).toMatchObject({
      main: '6*4=24',
      rest: ': 24…',
      badge: '×2',
      cut: true,
    })
    expect(row(step, 122)).toMatchObject({ main: '6*4=24', rest: ': 2…', badge: '', cut: true })
    expect(row(step, 110)).toMatchObject({ main: '6*4=24', rest: '', cut: true })
    // The zero before the point goes before letters of the step do.
    expect(row(step, 84)).toMatchObject({ main: '6*4=24', rest: '', score: '0.830', cut: true })
    expect(row(step, 80)).toMatchObject({ main: '6*4=24', rest: '', score: '.830', cut: true })
    expect(row(step, 72)).toMatchObject({ main: '6*4=…', rest: '', score: '.830', cut: true })
    expect(row({ ...step, score: '10.25' }, 80).score).toBe('10.25')
  })

  it('holds everything in a column of its own length, under the mark of the truth too', () => {
    const { length } = METRICS
    const right = (width: number) => width - 8
    const wide = length('6*4=24 : 24 24'.length, { duplicates: true, finished: false })
    // The mark takes the first 7 pixels, the padding would take 8.
    for (const left of [7, 8]) {
      const shown = rowLayout(step, { left, right: right(wide) }, fonts, measure, false)
      expect(shown).toMatchObject({ main: '6*4=24', rest: ': 24 24', badge: '×2', score: '0.830', cut: false })
      const end = length('A 40'.length, { duplicates: true, finished: true })
      expect(rowLayout(answer, { left, right: right(end) }, fonts, measure, false)).toMatchObject({
        main: 'A 40',
        cut: false,
      })
    }
  })

  it('reads an answer whole wherever score, verdict and answer fit', () => {
    expect(row(answer, 86)).toMatchObject({ main: 'A 40', badge: '', score: '0.830' })
    expect(row(answer, 86).verdictX).toBeGreaterThan(measure('A 40'))
  })

  it('never overlaps its parts, at any width', () => {
    for (let width = 0; width < 220; width++) {
      for (const face of [answer, step, { ...step, main: '十'.repeat(9) }]) {
        const { main, rest, restLeft, badge, badgeRight, verdictX, score } = row(face, width)
        const end = Math.max(measure(main), rest === '' ? 0 : restLeft + measure(rest))
        const next =
          badge === '' ? (verdictX === null ? width - measure(score) : verdictX - 4) : badgeRight - measure(badge)
        if (main !== '') expect(end, `${width} ${main}`).toBeLessThanOrEqual(next + 0.5)
      }
    }
  })
})

it('text is clipped by its width, not by its characters', () => {
  expect(clipped('abcdef', 42, 'plain', measure)).toBe('abcdef')
  expect(clipped('abcdef', 41, 'plain', measure)).toBe('abcd…')
  expect(clipped('十十十十', 42, 'plain', measure)).toBe('十十…')
  expect(clipped('abc', 10, 'plain', measure)).toBe('')
})

it('a tooltip breaks long texts into lines', () => {
  expect(wrapped('6*4=24 : 24 24', 70, measure)).toEqual(['6*4=24 :', '24 24'])
  expect(wrapped('x'.repeat(25), 70, measure)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)])
  expect(wrapped('', 70, measure)).toEqual([''])
})
