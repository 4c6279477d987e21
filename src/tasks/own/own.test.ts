import { describe, expect, test } from 'vitest'
import { own } from './own.ts'

describe('your own', () => {
  test('a prompt alone: answers have votes and no verdict', () => {
    const problem = own.parse('Name the capital of France.')
    expect(problem).toEqual({ prompt: 'Name the capital of France.', gold: null })
    expect(own.verify(problem, ['It is\n', 'Paris.'])).toMatchObject({ answer: 'paris', vote: 'paris', correct: null })
    expect(own.verify(problem, [' \n'])).toMatchObject({ answer: null, vote: null, correct: null })
    expect(own.question(problem)).toBe('Name the capital of France.')
  })

  test('a gold answer is compared as in maths', () => {
    const problem = { prompt: 'Half of one?', gold: '1/2' }
    expect(own.verify(problem, ['\\boxed{0.5}'])).toMatchObject({ answer: '0.5', correct: true })
    expect(own.verify(problem, ['none at all'])).toMatchObject({ answer: 'none at all', correct: false })
  })

  test('a regular expression is looked for in the marked answer, else in the response', () => {
    const problem = own.withGold?.(own.parse('A prime above 20?'), '/^(23|29|31)$/')
    expect(problem?.gold).toEqual({ source: '^(23|29|31)$', flags: '' })
    const verdict = (text: string) => problem && own.verify(problem, [text]).correct
    expect(verdict('21 is none, so \\boxed{23}')).toBe(true)
    expect(verdict('\\boxed{21}')).toBe(false)
    const city = own.readFields({ prompt: 'Capital?', pattern: '/paris/i' })
    expect(own.verify(city, ['<think>Rome?</think>It is Paris, of course.'])).toMatchObject({ correct: true })
    expect(own.verify(city, ['<think>Paris?</think>It is Rome.'])).toMatchObject({ correct: false })
    expect(own.gold(city)).toBe('/paris/i')
  })

  test.each([{ prompt: 'a' }, { prompt: 'a', answer: '\\frac12' }, { prompt: 'a', pattern: '/x+/s' }])(
    '%j is read as it was written',
    (row) => {
      expect(own.fields(own.readFields(row))).toEqual(row)
    },
  )

  test.each([
    [{ prompt: 'a', pattern: '(' }, 'pattern'],
    [{ prompt: 'a', pattern: '(?=a)b' }, 'pattern'],
    [{ prompt: 'a', pattern: '(a)\\1' }, 'pattern'],
    [{ prompt: 'a', pattern: 'a', answer: 'a' }, 'pattern'],
    [{ prompt: 'a', pattern: 'a'.repeat(1001) }, 'pattern'],
    [{ pattern: 'a' }, 'prompt'],
  ])('%j is refused at %s', (row, field) => {
    expect(() => own.readFields(row)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ code: 'bad-problem', place: { field } }) }),
    )
  })

  test('no expression takes long', () => {
    const problem = own.readFields({ prompt: 'a', pattern: '^(a+)+$' })
    const start = performance.now()
    expect(own.verify(problem, [`${'a'.repeat(10_000)}!`]).correct).toBe(false)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
