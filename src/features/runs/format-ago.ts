const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
]

/** `3 minutes ago`; both times in milliseconds. */
export function formatAgo(then: number, now: number): string {
  const seconds = (now - then) / 1000
  for (const [size, name] of UNITS) {
    const count = Math.floor(seconds / size)
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'} ago`
  }
  return 'just now'
}
