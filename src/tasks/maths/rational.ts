/** An exact fraction: `d` is positive, and both have no common divisor. */
export interface Rational {
  readonly n: bigint
  readonly d: bigint
}

export const ZERO: Rational = { n: 0n, d: 1n }
export const ONE: Rational = { n: 1n, d: 1n }

export function bigGcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** `n / d`; `d` must not be zero. */
export function ratio(n: bigint, d = 1n): Rational {
  const divisor = bigGcd(n, d) * (d < 0n ? -1n : 1n)
  return divisor === 1n || divisor === 0n ? { n, d } : { n: n / divisor, d: d / divisor }
}

export const addRational = (a: Rational, b: Rational): Rational => ratio(a.n * b.d + b.n * a.d, a.d * b.d)
export const multiplyRational = (a: Rational, b: Rational): Rational => ratio(a.n * b.n, a.d * b.d)
export const divideRational = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n)
export const negateRational = ({ n, d }: Rational): Rational => ({ n: -n, d })
export const isWhole = ({ d }: Rational): boolean => d === 1n
export const sameRational = (a: Rational, b: Rational): boolean => a.n === b.n && a.d === b.d

/** A decimal as it is written, `12`, `.5`, `3.0`, `1e3`, exactly. */
export function readDecimal(text: string): Rational {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', decimals = ''] = mantissa.split('.')
  const power = Number(exponent) - decimals.length
  const digits = BigInt(`${whole}${decimals}` || '0')
  return power >= 0 ? ratio(digits * 10n ** BigInt(power)) : ratio(digits, 10n ** BigInt(-power))
}

/** `-2/3`, `7`. */
export function formatFraction({ n, d }: Rational): string {
  return d === 1n ? String(n) : `${n}/${d}`
}

/** As a decimal where it ends, `0.333`, `12.5`; else as a fraction, `1/3`. */
export function formatValue(value: Rational): string {
  return formatDecimal(value) ?? formatFraction(value)
}

/** A decimal that ends, or null where it does not. */
export function formatDecimal({ n, d }: Rational): string | null {
  let [rest, twos, fives] = [d, 0, 0]
  while (rest % 2n === 0n) [rest, twos] = [rest / 2n, twos + 1]
  while (rest % 5n === 0n) [rest, fives] = [rest / 5n, fives + 1]
  if (rest !== 1n) return null
  const places = Math.max(twos, fives)
  if (places === 0) return String(n)
  const digits = String(((n < 0n ? -n : n) * 10n ** BigInt(places)) / d).padStart(places + 1, '0')
  return `${n < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`
}
