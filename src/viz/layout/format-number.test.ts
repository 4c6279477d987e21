import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatLogprob,
  formatNumber,
  formatPercent,
  formatScore,
} from './format-number.ts'

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1000, '1.00\u202fk'],
    [999_499, '999\u202fk'],
    [999_500, '1.00\u202fM'],
    [12_345, '12.3\u202fk'],
    [3.14159, '3.14'],
    [0.01234, '0.012'],
    [-4200, '−4.20\u202fk'],
    [2.5e12, '2.50\u202fT'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })

  it('joins prefix and unit', () => {
    expect(formatNumber(1.5e9, 'FLOP')).toBe('1.50\u202fGFLOP')
    expect(formatNumber(312, 'tokens')).toBe('312\u202ftokens')
  })

  it('shows three significant digits at most', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e17, max: 1e17, noNaN: true }), (value) => {
        const digits = formatNumber(value).replaceAll(/[^\d]/g, '').replace(/^0+/, '')
        expect(digits.length).toBeLessThanOrEqual(3)
      }),
    )
  })
})

describe('the other formats', () => {
  it('align scores on three decimals', () => {
    expect(formatScore(0.60811)).toBe('0.608')
    expect(formatScore(1)).toBe('1.000')
    expect(formatScore(null)).toBe('–')
  })

  it('show bytes, shares, durations and log-probabilities with their units', () => {
    expect(formatBytes(512)).toBe('512\u202fB')
    expect(formatBytes(3_271_557)).toBe('3.12\u202fMiB')
    expect(formatPercent(0.7349)).toBe('73.5\u202f%')
    expect(formatPercent(1)).toBe('100\u202f%')
    expect(formatDuration(0.82)).toBe('820\u202fµs')
    expect(formatDuration(12.34)).toBe('12.3\u202fms')
    expect(formatDuration(4560)).toBe('4.56\u202fs')
    expect(formatDuration(200_000)).toBe('3\u202fmin 20\u202fs')
    expect(formatLogprob(-1.349)).toBe('−1.35')
    expect(formatLogprob(-0.001)).toBe('0.00')
  })
})
