import { describe, expect, it } from 'vitest'
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatLarge,
  formatNumber,
  formatPercent,
  formatScore,
} from './format.ts'

const plain = (text: string) => text.replaceAll('\u202f', ' ').replaceAll('\u2212', '-')

describe('formatting numbers', () => {
  it('keeps at most three significant digits', () => {
    expect([0, 0.031249, 4.7134, 127.6, -3.1516, 12345].map((value) => plain(formatNumber(value)))).toEqual([
      '0',
      '0.0312',
      '4.71',
      '128',
      '-3.15',
      '12 300',
    ])
  })

  it('never shows a score as certain when it is not', () => {
    expect([0, 0.0004, 0.314, 0.997, 1].map(formatScore)).toEqual(['0.00', '<0.01', '0.31', '>0.99', '1.00'])
  })

  it('gives large numbers a prefix and rounds before choosing it', () => {
    expect(plain(formatLarge(999.6, 'FLOP'))).toBe('1 kFLOP')
    expect(plain(formatLarge(3_412_000_000, 'FLOP'))).toBe('3.41 GFLOP')
    expect(plain(formatBytes(512))).toBe('512 B')
    expect(plain(formatCount(1234567))).toBe('1 234 567')
  })

  it('names durations by their size', () => {
    expect([0.2, 12.4, 999.6, 4210, 125_400].map((value) => plain(formatDuration(value)))).toEqual([
      '0 ms',
      '12.4 ms',
      '1 s',
      '4.21 s',
      '2 min 5 s',
    ])
  })

  it('does not round a percentage to certainty', () => {
    expect([0, 0.0004, 0.5, 0.99999, 1].map(formatPercent)).toEqual(['0%', '<0.1%', '50%', '>99.9%', '100%'])
  })

  it('says how long ago something was', () => {
    expect([5, 130, 7200, 200_000].map((seconds) => formatAgo(0, seconds * 1000))).toEqual([
      'just now',
      '2 minutes ago',
      '2 hours ago',
      '2 days ago',
    ])
  })
})
