/** Numbers as a person reads them: at most three significant digits, a true minus sign, units apart. */

const MINUS = '\u2212'
const THIN_SPACE = '\u202f'

function signed(text: string): string {
  return text.startsWith('-') ? MINUS + text.slice(1) : text
}

/** At most three significant digits: `0.0312`, `4.71`, `128`, `12 300`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? `${MINUS}∞` : '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-4) return signed(value.toExponential(1).replace('e-', '·10^-'))
  const rounded = Number(value.toPrecision(3))
  if (size >= 1e4) return signed(String(rounded).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE))
  return signed(String(rounded))
}

/** A probability or a score with two decimals; what would round to 0 or 1 without being so keeps the sign of it. */
export function formatScore(value: number): string {
  if (value > 0 && value < 0.005) return '<0.01'
  if (value < 1 && value > 0.995) return '>0.99'
  return signed(value.toFixed(2))
}

/** A path score under an aggregation that leaves [0, 1], such as a sum of log-odds. */
export function formatPathScore(value: number): string {
  return value >= 0 && value <= 1 ? formatScore(value) : formatNumber(value)
}

export function formatPercent(value: number): string {
  const percent = value * 100
  if (percent > 0 && percent < 0.1) return '<0.1%'
  if (percent < 100 && percent > 99.9) return '>99.9%'
  return `${formatNumber(percent)}%`
}

const LARGE = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/** With a prefix: `3.41 G`. `unit` follows it: `3.41 GFLOP`. */
export function formatLarge(value: number, unit = ''): string {
  let scaled = value
  let step = 0
  while (Math.abs(Number(scaled.toPrecision(3))) >= 1000 && step < LARGE.length - 1) {
    scaled /= 1000
    step++
  }
  const tail = `${LARGE[step] ?? ''}${unit}`
  return `${formatNumber(scaled)}${tail ? `${THIN_SPACE}${tail}` : ''}`
}

export function formatBytes(bytes: number): string {
  return formatLarge(bytes, 'B')
}

/** An exact count, grouped by thousands. */
export function formatCount(value: number): string {
  return signed(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE))
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `0${THIN_SPACE}ms`
  if (milliseconds < 999.5) return `${formatNumber(milliseconds)}${THIN_SPACE}ms`
  const seconds = milliseconds / 1000
  if (seconds < 99.5) return `${formatNumber(seconds)}${THIN_SPACE}s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  return `${minutes}${THIN_SPACE}min ${Math.round(seconds) % 60}${THIN_SPACE}s`
}

/** `3 minutes ago`, for lists of saved things. */
export function formatAgo(then: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - then) / 1000))
  if (seconds < 45) return 'just now'
  const units: readonly [number, string][] = [
    [86400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ]
  for (const [size, name] of units) {
    const count = Math.round(seconds / size)
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'} ago`
  }
  return 'just now'
}
