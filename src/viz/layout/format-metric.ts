import { formatNumber } from './format-number.ts'

/** A metric to three significant digits without an exponent, also where it is small: `0.532`, `0.00012`, `1.23 k`. */
export function formatMetric(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || size >= 0.1 || !Number.isFinite(value)) return formatNumber(value)
  const digits = Math.min(12, 2 - Math.floor(Math.log10(size)))
  return value
    .toFixed(digits)
    .replace(/\.?0+$/, '')
    .replace(/^-/, '−')
}
