import { formatNumber } from './format-number.ts'

/** A metric to three significant digits: `0.532`, `0.00012`, `1.23 k`; with an exponent only below 0.000001, `−2.02e−8`. */
export function formatMetric(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || size >= 0.1 || !Number.isFinite(value)) return formatNumber(value)
  const text =
    size < 1e-6
      ? String(Number(value.toPrecision(3)))
      : value.toFixed(2 - Math.floor(Math.log10(size))).replace(/\.?0+$/, '')
  return text.replaceAll('-', '−')
}
