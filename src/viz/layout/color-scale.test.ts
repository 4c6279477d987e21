import { describe, expect, it } from 'vitest'
import {
  contrast,
  inkOn,
  luminance,
  parseColor,
  scoreColor,
  scoreGradient,
  scoreLevel,
  scoreRamp,
} from './color-scale.ts'

describe('scoreColor', () => {
  it('is viridis, its bright end left to dark screens and its dark end to light ones', () => {
    expect(scoreColor(0, 'light')).toBe('#440154')
    expect(scoreColor(1, 'dark')).toBe('#f1e51d')
    expect(scoreColor(0.5, 'light')).toBe('#297b8e')
  })

  it.each(['light', 'dark'] as const)(
    'grows lighter with every level (%s), so that it also works in grey',
    (scheme) => {
      const levels = scoreRamp(scheme).map(luminance)
      expect(levels).toHaveLength(256)
      for (let level = 1; level < levels.length; level++) {
        expect(levels[level]).toBeGreaterThanOrEqual((levels[level - 1] ?? 0) - 5e-4)
      }
    },
  )

  it('clamps what is outside the scale', () => {
    expect(scoreLevel(-3)).toBe(0)
    expect(scoreLevel(Number.NaN)).toBe(0)
    expect(scoreLevel(7)).toBe(255)
    expect(scoreColor(1.5, 'light')).toBe(scoreColor(1, 'light'))
  })
})

describe('inkOn', () => {
  it.each(['light', 'dark'] as const)('reads with at least 4.5 : 1 on every colour of the scale (%s)', (scheme) => {
    for (const color of scoreRamp(scheme)) expect(contrast(color, inkOn(color))).toBeGreaterThanOrEqual(4.5)
  })
})

describe('parseColor', () => {
  it('reads hex and rgb, and nothing else', () => {
    expect(parseColor('#fff')).toEqual([255, 255, 255])
    expect(parseColor('#1d5fd1')).toEqual([29, 95, 209])
    expect(parseColor('rgb(1, 2, 3)')).toEqual([1, 2, 3])
    expect(() => parseColor('tomato')).toThrow('not a hex or rgb colour: tomato')
  })

  it('measures contrast as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 9)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  })
})

describe('scoreGradient', () => {
  it('runs from the lowest to the highest score', () => {
    expect(scoreGradient('light')).toMatch(/^linear-gradient\(to right, #440154, .*#86d549\)$/)
  })
})
