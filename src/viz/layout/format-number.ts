/** Numbers as the interface shows them: at most three significant digits, true minus sign, no exponent. */

const MINUS = '\u2212'
const THIN_SPACE = '\u202f'
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']

function signed(text: string): string {
  return text.startsWith('-') ? MINUS + text.slice(1) : text
}

function threeDigits(value: number): string {
  const magnitude = Math.abs(value)
  // Borders a little below the powers of ten, where rounding would add a digit.
  if (magnitude >= 99.95) return value.toFixed(0)
  if (magnitude >= 9.995) return value.toFixed(1)
  return value.toFixed(2)
}

/** A score or probability in [0, 1], always three decimals, so that a column of them aligns; `–` where there is none. */
export function formatScore(score: number | null): string {
  return score === null || Number.isNaN(score) ? '–' : score.toFixed(3)
}

/** `1.23 M`, `45.6 k`, `789`, `0.012`: SI prefixes, then the unit. Whole numbers below 1,000 keep no decimals. */
export function formatNumber(value: number, unit = ''): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : signed(`${value < 0 ? '-' : ''}∞`)
  let scaled = value
  let prefix = 0
  // 999.5 would round to 1000, one digit too many.
  while (Math.abs(scaled) >= 999.5 && prefix < PREFIXES.length - 1) {
    scaled /= 1000
    prefix++
  }
  let text: string
  if (prefix > 0) text = threeDigits(scaled)
  else if (Number.isInteger(scaled)) text = String(scaled)
  else if (Math.abs(scaled) >= 1) text = String(Number(threeDigits(scaled)))
  else text = String(Number(scaled.toFixed(3)))
  const suffix = `${PREFIXES[prefix]}${unit}`
  return signed(text === '-0' ? '0' : text) + (suffix === '' ? '' : THIN_SPACE + suffix)
}

/** Bytes in binary units: `3.12 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let scaled = bytes
  let unit = 0
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1024
    unit++
  }
  return `${unit === 0 ? String(Math.round(scaled)) : threeDigits(scaled)}${THIN_SPACE}${units[unit]}`
}

/** A share in [0, 1] as percent: `73.5 %`. */
export function formatPercent(share: number): string {
  const percent = share * 100
  return `${signed(String(Number(threeDigits(percent))))}${THIN_SPACE}%`
}

/** Milliseconds as `820 µs`, `12.3 ms`, `4.56 s`, or `3 min 20 s` from a minute up. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0.9995) return `${Number(threeDigits(milliseconds * 1000))}${THIN_SPACE}µs`
  if (milliseconds < 999.5) return `${Number(threeDigits(milliseconds))}${THIN_SPACE}ms`
  if (milliseconds < 59_950) return `${threeDigits(milliseconds / 1000)}${THIN_SPACE}s`
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}${THIN_SPACE}min ${seconds % 60}${THIN_SPACE}s`
}

/** A log-probability in nats, two decimals: `−1.35`. */
export function formatLogprob(logprob: number): string {
  return signed(logprob.toFixed(2).replace(/^-0\.00$/, '0.00'))
}
