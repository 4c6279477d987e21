import type { Polynomial, Power, Term } from './polynomial.ts'
import {
  add,
  asRational,
  atomPower,
  collect,
  commonDivisor,
  constant,
  divideExactly,
  exponentOf,
  isPlain,
  isPrimeAtom,
  lettersOf,
  multiply,
  multiplyTerms,
  negate,
  power,
  samePolynomial,
  scale,
  sortedTerms,
  TooLarge,
  termToPower,
  wholePower,
} from './polynomial.ts'
import type { Rational } from './rational.ts'
import { bigGcd, divideRational, isWhole, negateRational, ONE, ratio, ZERO } from './rational.ts'

/**
 * A quotient of two sums in its simplest form: no roots of numbers below, common divisors cancelled, the lower one with whole
 * factors and the first of them positive. Divisors of several letters are cancelled where one side divides the other.
 */
export interface Quotient {
  readonly above: Polynomial
  readonly below: Polynomial
}

const UNIT = constant(ONE)
const MOST_POWER = 40n

export const whole = (above: Polynomial): Quotient => ({ above, below: UNIT })
export const fromRational = (value: Rational): Quotient => whole(constant(value))

export function addQuotients(a: Quotient, b: Quotient): Quotient {
  if (samePolynomial(a.below, b.below)) return simplest(add(a.above, b.above), a.below)
  return simplest(add(multiply(a.above, b.below), multiply(b.above, a.below)), multiply(a.below, b.below))
}

export function multiplyQuotients(a: Quotient, b: Quotient): Quotient {
  return simplest(multiply(a.above, b.above), multiply(a.below, b.below))
}

/** @throws DividedByZero */
export function divideQuotients(a: Quotient, b: Quotient): Quotient {
  return simplest(multiply(a.above, b.below), multiply(a.below, b.above))
}

export const negateQuotient = ({ above, below }: Quotient): Quotient => ({ above: negate(above), below })

/** The number that a quotient is; null where it has letters, constants or roots. */
export function quotientValue({ above, below }: Quotient): Rational | null {
  const [n, d] = [asRational(above), asRational(below)]
  return n === null || d === null ? null : divideRational(n, d)
}

/** Whether both are the same for all values of their letters. */
export function sameQuotient(a: Quotient, b: Quotient): boolean {
  try {
    return samePolynomial(multiply(a.above, b.below), multiply(b.above, a.below))
  } catch (error) {
    if (error instanceof TooLarge) return false
    throw error
  }
}

/** There is no such number. */
export class DividedByZero extends Error {}

/**
 * A power with a rational exponent; null where it is no product of powers, as for the root of a sum.
 * @throws DividedByZero for a negative power of zero, TooLarge where it would be
 */
export function raise(base: Quotient, exponent: Rational): Quotient | null {
  if (isWhole(exponent)) {
    const size = exponent.n < 0n ? -exponent.n : exponent.n
    const { above, below } = exponent.n < 0n ? simplest(base.below, base.above) : base
    if (above.size <= 1 && below === UNIT) {
      const [term] = above.values()
      return whole(term === undefined ? (size === 0n ? UNIT : above) : collect([termToPower(term, ratio(size))]))
    }
    const value = quotientValue({ above, below })
    if (value !== null) return fromRational(wholePower(value, size))
    if (size > MOST_POWER) throw new TooLarge()
    return simplest(power(above, Number(size)), power(below, Number(size)))
  }
  const [above, below] = [rootOf(base.above, exponent), rootOf(base.below, exponent)]
  return above === null || below === null ? null : simplest(above, below)
}

/** A broken power of one product; null for other sums. */
function rootOf(base: Polynomial, exponent: Rational): Polynomial | null {
  const [term, more] = base.values()
  if (term === undefined) return base
  if (more !== undefined) return null
  const own = numberPower(term.factor, exponent)
  return multiply(own, collect([termToPower({ factor: ONE, powers: term.powers }, exponent)]))
}

/** A number to a broken power: by the powers of its primes, so that `8` to the 1/2 is `2` times `2` to the 1/2. */
function numberPower({ n, d }: Rational, exponent: Rational): Polynomial {
  const negative = n < 0n
  let product = UNIT
  if (negative && exponent.d % 2n === 0n) {
    if (exponent.d !== 2n) throw new TooLarge()
    product = atomPower('i', ratio(exponent.n))
  } else if (negative && exponent.n % 2n !== 0n) product = constant(negateRational(ONE))
  for (const [prime, count] of factors(negative ? -n : n)) {
    product = multiply(product, atomPower(prime, ratio(count * exponent.n, exponent.d)))
  }
  for (const [prime, count] of factors(d)) {
    product = multiply(product, atomPower(prime, ratio(-count * exponent.n, exponent.d)))
  }
  return product
}

const LAST_DIVISOR = 10_000n

/** Prime factors with their counts. Where what is left has two factors that are too large to be found, `TooLarge`. */
function factors(value: bigint): [string, bigint][] {
  const found: [string, bigint][] = []
  let rest = value
  for (let divisor = 2n; divisor * divisor <= rest; divisor += divisor === 2n ? 1n : 2n) {
    if (divisor > LAST_DIVISOR) throw new TooLarge()
    let count = 0n
    while (rest % divisor === 0n) {
      rest /= divisor
      count++
    }
    if (count > 0n) found.push([String(divisor), count])
  }
  if (rest > 1n) found.push([String(rest), 1n])
  return found
}

/** The quotient of two sums in its simplest form. */
export function simplest(above: Polynomial, below: Polynomial): Quotient {
  if (below.size === 0) throw new DividedByZero()
  if (above.size === 0) return whole(above)
  let [upper, lower] = withoutRoots(above, below)
  const [first, more] = lower.values()
  if (first !== undefined && more === undefined) {
    return whole(multiply(upper, collect([termToPower(first, ratio(-1n))])))
  }
  // Negative powers of letters are multiplied away, and common ones cancelled.
  const shared = collect([termToPower(sharedPowers([...upper.values(), ...lower.values()]), ratio(-1n))])
  ;[upper, lower] = [multiply(upper, shared), multiply(lower, shared)]
  if (isPlain(upper) && isPlain(lower)) {
    const exact = divideExactly(upper, lower)
    if (exact !== null) return whole(exact)
    ;[upper, lower] = cancelled(upper, lower)
  }
  const [single, other] = lower.values()
  if (single !== undefined && other === undefined) {
    return whole(multiply(upper, collect([termToPower(single, ratio(-1n))])))
  }
  const scaled = firstPositive(lower)
  return { above: scale(upper, scaled), below: scale(lower, scaled) }
}

function cancelled(upper: Polynomial, lower: Polynomial): [Polynomial, Polynomial] {
  const letters = new Set([...lettersOf(upper), ...lettersOf(lower)])
  const divisor = letters.size === 1 ? commonDivisor(upper, lower) : upper
  const [above, below] = [divideExactly(upper, divisor), divideExactly(lower, divisor)]
  return above === null || below === null ? [upper, lower] : [above, below]
}

/** A sum up to a factor: whole factors without a common divisor, the first positive. */
export const wholeAbove = (sum: Polynomial): Polynomial => (sum.size === 0 ? sum : scale(sum, firstPositive(sum)))

/** What makes all factors whole without a common divisor, and the first positive. */
function firstPositive(sum: Polynomial): Rational {
  const terms = sortedTerms(sum)
  const multiple = terms.reduce((all, { factor: { d } }) => (all * d) / bigGcd(all, d), 1n)
  const divisor = terms.reduce((all, { factor: { n, d } }) => bigGcd(all, (n * multiple) / d), 0n)
  const negative = (terms[0]?.factor.n ?? 1n) < 0n
  return ratio(negative ? -multiple : multiple, divisor)
}

/** The powers that all terms have, those below zero taken where one term has them. */
function sharedPowers(terms: readonly Term[]): Term {
  const atoms = new Set(terms.flatMap(({ powers }) => powers.map(({ atom }) => atom)))
  const powers: Power[] = []
  for (const atom of [...atoms].sort()) {
    if (isPrimeAtom(atom) || atom === 'i') continue
    const least = terms.map((term) => exponentOf(term, atom)).reduce((a, b) => (a.n * b.d <= b.n * a.d ? a : b))
    if (least.n !== 0n) powers.push({ atom, exponent: least })
  }
  return { factor: ONE, powers }
}

/** Both sides times what takes square roots of numbers, and `i`, out of the lower one. */
function withoutRoots(above: Polynomial, below: Polynomial): [Polynomial, Polynomial] {
  let [upper, lower] = [above, below]
  for (let round = 0; round < 8 && lower.size > 1; round++) {
    const atom = [...lower.values()].flatMap(({ powers }) => powers).find(isSquareRoot)?.atom
    if (atom === undefined) break
    const other = collect(
      [...lower.values()].map((term) =>
        term.powers.some((part) => part.atom === atom && isSquareRoot(part))
          ? multiplyTerms(term, { factor: negateRational(ONE), powers: [] })
          : term,
      ),
    )
    ;[upper, lower] = [multiply(upper, other), multiply(lower, other)]
    if (lower.size === 0) throw new DividedByZero()
  }
  return [upper, lower]
}

const isSquareRoot = ({ atom, exponent }: Power): boolean =>
  (isPrimeAtom(atom) && exponent.d === 2n) || (atom === 'i' && exponent.n !== ZERO.n)
