import { interpolateViridis } from 'd3'

export type ColorScheme = 'light' | 'dark'

/**
 * Scores in [0, 1] as viridis (Smith & van der Walt, matplotlib 2015): perceptually even, readable with every
 * common colour-vision deficiency, monotone in lightness, so it prints in grey. Each theme takes the part of the
 * ramp that stands out from its background; low stays violet and high stays green to yellow in both.
 */
const RANGE: Readonly<Record<ColorScheme, readonly [number, number]>> = {
  light: [0, 0.82],
  dark: [0.18, 0.98],
}

const STEPS = 256

function ramp(scheme: ColorScheme): readonly string[] {
  const [low, high] = RANGE[scheme]
  return Array.from({ length: STEPS }, (_, step) => interpolateViridis(low + ((high - low) * step) / (STEPS - 1)))
}

const RAMPS: Readonly<Record<ColorScheme, readonly string[]>> = { light: ramp('light'), dark: ramp('dark') }

/** Index of the scale's colour for a score; scores outside [0, 1] are clamped. */
export function scoreLevel(score: number): number {
  const clamped = score > 0 ? Math.min(score, 1) : 0
  return Math.round(clamped * (STEPS - 1))
}

/** The scale's colours by level, for loops that draw thousands of nodes. */
export function scoreRamp(scheme: ColorScheme): readonly string[] {
  return RAMPS[scheme]
}

/** CSS colour of a score in [0, 1]. */
export function scoreColor(score: number, scheme: ColorScheme): string {
  return RAMPS[scheme][scoreLevel(score)] as string
}

/** The whole scale as a CSS gradient, for legends. */
export function scoreGradient(scheme: ColorScheme, direction = 'to right'): string {
  const stops = Array.from({ length: 9 }, (_, stop) => scoreColor(stop / 8, scheme))
  return `linear-gradient(${direction}, ${stops.join(', ')})`
}

/** Red, green and blue in 0…255 of `#rgb`, `#rrggbb` or `rgb(r, g, b)`. Throws a RangeError on anything else. */
export function parseColor(color: string): readonly [number, number, number] {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1]
  if (hex !== undefined) {
    const value = Number.parseInt(hex, 16)
    return [value >> 16, (value >> 8) & 255, value & 255]
  }
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color)
  if (short) return [1, 2, 3].map((at) => Number.parseInt(`${short[at]}${short[at]}`, 16)) as [number, number, number]
  const rgb = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(color)
  if (rgb) return [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])]
  throw new RangeError(`not a hex or rgb colour: ${color}`)
}

/** WCAG 2 relative luminance in [0, 1]. */
export function luminance(color: string): number {
  const [r, g, b] = parseColor(color).map((channel) => {
    const value = channel / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG 2 contrast ratio of two colours, 1…21. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const INK = '#000000'
const PAPER = '#ffffff'

/** Black or white, whichever reads better on the colour: always 4.5 : 1 or more. */
export function inkOn(color: string): string {
  return contrast(color, INK) >= contrast(color, PAPER) ? INK : PAPER
}
