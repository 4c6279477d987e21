import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonStop } from './json-position.ts'

describe('position of a JSON error', () => {
  it.each([
    ['', 0],
    ['{"a": 1,}', 8],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['[01]', 1],
    ['["a\nb"]', 3],
    ['["a\\xb"]', 3],
    ['{"a": "b', 8],
    ['{"a": tru}', 6],
    ['[1]]', 3],
    ['[[1, 2', 6],
  ])('%j breaks at %i', (text, position) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(jsonStop(text)).toEqual({ at: position, tooDeep: false })
  })

  it('walks through all of valid JSON, to its end', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n'), (text, end) => {
        expect(jsonStop(text + end).at).toBe(text.length + end.length)
      }),
    )
  })

  it('points into a text that was cut', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        const part = `[${text}`.slice(0, 1 + (cut % (text.length + 1)))
        expect(jsonStop(part).at).toBeLessThanOrEqual(part.length)
      }),
    )
  })
})
