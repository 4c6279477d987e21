import { describe, expect, it } from 'vitest'
import { BOUNDS, bounded, checkBound } from './bounds.ts'

const OUTSIDE = [0, 1025, 1e9, 1.5, -1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '3', null, undefined]

describe('bounds', () => {
  it('pass both ends', () => {
    for (const value of [1, 1024]) {
      expect(checkBound(BOUNDS.layers, value, {})).toBe(value)
      expect(bounded(BOUNDS.layers).parse(value)).toBe(value)
    }
  })

  it.each(OUTSIDE)('refuse %s with the place, the range and what was found', (value) => {
    expect(() => checkBound(BOUNDS.layers, value, { file: 'config.json', field: 'num_hidden_layers' })).toThrow(
      /^config\.json, num_hidden_layers: .*expected a whole number from 1 to 1024, found /,
    )
  })

  it.each(OUTSIDE)('refuse %s in a schema with the range', (value) => {
    const result = bounded(BOUNDS.layers).safeParse(value)
    expect(result.error?.issues[0]?.message).toBe('Expected a whole number from 1 to 1024')
  })
})
