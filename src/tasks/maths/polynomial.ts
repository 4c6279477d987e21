import type { Rational } from './rational.ts'
import {
  addRational,
  divideRational,
  isWhole,
  multiplyRational,
  negateRational,
  ONE,
  ratio,
  sameRational,
  ZERO,
} from './rational.ts'

/**
 * Sums of products, exact. A product has a rational factor and powers of atoms: letters (`x`), constants (`pi`, `i`),
 * prime numbers in roots (`2` to the 1/2), and terms nothing more is known of (`sin(x)`). Exponents are rational and may be
 * negative; those of a prime lie between 0 and 1, and `i` has 0 or 1, so that equal sums have equal terms.
 */
export interface Term {
  readonly factor: Rational
  /** Sorted by atom, none with exponent 0. */
  readonly powers: readonly Power[]
}

export interface Power {
  readonly atom: string
  readonly exponent: Rational
}

/** By `termKey`; no term has the factor 0. */
export type Polynomial = ReadonlyMap<string, Term>

/** Thrown where an expression grows beyond what an answer may be; it is then compared as text. */
export class TooLarge extends Error {}

const MOST_TERMS = 400
const MOST_BITS = 4096

const LETTER = /^([a-zA-Z]|\\[a-zA-Z]+)(_.+)?$/
const CONSTANTS: ReadonlySet<string> = new Set(['pi', 'i', 'e', 'infinity'])

export const isPrimeAtom = (atom: string): boolean => /^\d+$/.test(atom)
/** Whether an atom is a variable. */
export const isLetter = (atom: string): boolean => !CONSTANTS.has(atom) && LETTER.test(atom)

export const termKey = (powers: readonly Power[]): string =>
  powers.map(({ atom, exponent }) => `${atom}^${exponent.n}/${exponent.d}`).join(' ')

export function constant(value: Rational): Polynomial {
  return value.n === 0n ? new Map() : new Map([['', { factor: value, powers: [] }]])
}

/** An atom to a power. */
export function atomPower(atom: string, exponent: Rational = ONE): Polynomial {
  return collect([normalTerm(ONE, new Map([[atom, exponent]]))])
}

export function collect(terms: readonly Term[]): Polynomial {
  const sums = new Map<string, Term>()
  for (const term of terms) {
    const key = termKey(term.powers)
    const before = sums.get(key)
    const factor = before ? addRational(before.factor, term.factor) : term.factor
    if (factor.n === 0n) sums.delete(key)
    else sums.set(key, { factor: checkSize(factor), powers: term.powers })
  }
  if (sums.size > MOST_TERMS) throw new TooLarge()
  return sums
}

export function add(a: Polynomial, b: Polynomial): Polynomial {
  return collect([...a.values(), ...b.values()])
}

export function scale(a: Polynomial, factor: Rational): Polynomial {
  return collect([...a.values()].map((term) => ({ ...term, factor: multiplyRational(term.factor, factor) })))
}

export const negate = (a: Polynomial): Polynomial => scale(a, negateRational(ONE))

export function multiply(a: Polynomial, b: Polynomial): Polynomial {
  if (a.size * b.size > MOST_TERMS * 10) throw new TooLarge()
  return collect([...a.values()].flatMap((left) => [...b.values()].map((right) => multiplyTerms(left, right))))
}

export function multiplyTerms(a: Term, b: Term): Term {
  const powers = new Map(a.powers.map(({ atom, exponent }) => [atom, exponent]))
  for (const { atom, exponent } of b.powers) powers.set(atom, addRational(powers.get(atom) ?? ZERO, exponent))
  return normalTerm(multiplyRational(a.factor, b.factor), powers)
}

/** The term to a whole or broken power; the factor must be 1 where the power is broken. */
export function termToPower(term: Term, power: Rational): Term {
  const powers = new Map(term.powers.map(({ atom, exponent }) => [atom, multiplyRational(exponent, power)]))
  return normalTerm(isWhole(power) ? wholePower(term.factor, power.n) : ONE, powers)
}

/** A power with a whole exponent, which may be negative. */
export function wholePower(base: Rational, exponent: bigint): Rational {
  const size = exponent < 0n ? -exponent : exponent
  const bits = BigInt((base.n < 0n ? -base.n : base.n).toString(2).length + base.d.toString(2).length)
  if (size > 1n && bits > 2n && bits * size > BigInt(MOST_BITS)) throw new TooLarge()
  if (size > 1_000_000n) throw new TooLarge()
  const [n, d] = [base.n ** size, base.d ** size]
  return exponent < 0n ? ratio(d, n) : ratio(n, d)
}

/** Powers of primes between 0 and 1, of `i` 0 or 1; what is whole of them goes into the factor. */
function normalTerm(factor: Rational, powers: ReadonlyMap<string, Rational>): Term {
  let own = factor
  const kept: Power[] = []
  for (const [atom, exponent] of powers) {
    let rest = exponent
    if (isPrimeAtom(atom)) {
      const whole = floor(exponent)
      own = multiplyRational(own, wholePower(ratio(BigInt(atom)), whole))
      rest = addRational(exponent, ratio(-whole))
    } else if (atom === 'i' && isWhole(exponent)) {
      const turn = ((exponent.n % 4n) + 4n) % 4n
      if (turn >= 2n) own = negateRational(own)
      rest = ratio(turn % 2n)
    }
    if (rest.n !== 0n) kept.push({ atom, exponent: rest })
  }
  kept.sort((a, b) => (a.atom < b.atom ? -1 : 1))
  return { factor: checkSize(own), powers: kept }
}

function floor({ n, d }: Rational): bigint {
  const down = n / d
  return n % d !== 0n && n < 0n ? down - 1n : down
}

function checkSize(value: Rational): Rational {
  if (value.n.toString(16).length + value.d.toString(16).length > MOST_BITS / 4) throw new TooLarge()
  return value
}

/** The number that a sum is, where it has no atoms; null else. */
export function asRational(a: Polynomial): Rational | null {
  if (a.size === 0) return ZERO
  return a.size === 1 ? (a.get('')?.factor ?? null) : null
}

/** Terms in the order in which they are written: by the degree in letters, then by letters; numbers before roots. */
export function sortedTerms(a: Polynomial): Term[] {
  return [...a.values()].sort(compareTerms)
}

export function compareTerms(a: Term, b: Term): number {
  const byDegree = Number(degree(b)) - Number(degree(a))
  if (byDegree !== 0) return byDegree
  const atoms = [...new Set([...a.powers, ...b.powers].map(({ atom }) => atom))].sort()
  for (const atom of atoms.filter(isLetter)) {
    const difference = asNumber(exponentOf(b, atom)) - asNumber(exponentOf(a, atom))
    if (difference !== 0) return difference
  }
  if (a.powers.length !== b.powers.length) return a.powers.length - b.powers.length
  const [left, right] = [termKey(a.powers), termKey(b.powers)]
  return left < right ? -1 : left > right ? 1 : 0
}

const asNumber = ({ n, d }: Rational): number => Number(n) / Number(d)

function degree({ powers }: Term): number {
  return powers.reduce((sum, { atom, exponent }) => (isLetter(atom) ? sum + asNumber(exponent) : sum), 0)
}

export function exponentOf({ powers }: Term, atom: string): Rational {
  return powers.find((power) => power.atom === atom)?.exponent ?? ZERO
}

/** Whether all atoms are letters with whole exponents that are not negative, and all factors therefore rational. */
export function isPlain(a: Polynomial): boolean {
  return [...a.values()].every(({ powers }) =>
    powers.every(({ atom, exponent }) => isLetter(atom) && isWhole(exponent) && exponent.n > 0n),
  )
}

export function lettersOf(a: Polynomial): string[] {
  return [...new Set([...a.values()].flatMap(({ powers }) => powers.map(({ atom }) => atom)).filter(isLetter))].sort()
}

/** `a / b` where it leaves nothing over; null else. Both plain, `b` not zero. */
export function divideExactly(a: Polynomial, b: Polynomial): Polynomial | null {
  const { quotient, remainder } = divide(a, b)
  return remainder.size === 0 ? quotient : null
}

/** Division of plain sums by their leading terms; it stops at the first term that cannot be divided. */
function divide(a: Polynomial, b: Polynomial): { readonly quotient: Polynomial; readonly remainder: Polynomial } {
  const [lead] = sortedTerms(b)
  const parts: Term[] = []
  let rest = a
  for (let round = 0; lead !== undefined && rest.size > 0; round++) {
    if (round > MOST_TERMS) throw new TooLarge()
    const [top] = sortedTerms(rest)
    if (top === undefined) break
    const part = multiplyTerms(top, termToPower(lead, ratio(-1n)))
    if (part.powers.some(({ exponent }) => exponent.n < 0n)) break
    parts.push(part)
    rest = add(rest, negate(multiply(collect([part]), b)))
  }
  return { quotient: collect(parts), remainder: rest }
}

/** The greatest common divisor of plain sums in one and the same letter, up to a factor. */
export function commonDivisor(a: Polynomial, b: Polynomial): Polynomial {
  let [x, y] = [a, b]
  while (y.size > 0) {
    const [top] = sortedTerms(y)
    const monic = top === undefined ? y : scale(y, divideRational(ONE, top.factor))
    ;[x, y] = [monic, divide(x, monic).remainder]
  }
  return x
}

/** The sum whose `k`-th power this plain sum is; null where there is none with whole factors. */
export function exactRoot(a: Polynomial, k: number): Polynomial | null {
  const [top] = sortedTerms(a)
  if (top === undefined || !isWhole(top.factor) || top.factor.n < 0n) return null
  const factor = wholeRoot(top.factor.n, k)
  if (factor === null || top.powers.some(({ exponent }) => exponent.n % BigInt(k) !== 0n)) return null
  const lead: Term = {
    factor: ratio(factor),
    powers: top.powers.map(({ atom, exponent }) => ({ atom, exponent: ratio(exponent.n / BigInt(k)) })),
  }
  const divisor = termToPower(
    multiplyTerms({ factor: ratio(BigInt(k)), powers: [] }, termToPower(lead, ratio(BigInt(k - 1)))),
    ratio(-1n),
  )
  let root = collect([lead])
  for (let round = 0; round < 32; round++) {
    const [next] = sortedTerms(add(a, negate(power(root, k))))
    if (next === undefined) return root
    const part = multiplyTerms(next, divisor)
    if (!isWhole(part.factor) || part.powers.some(({ exponent }) => exponent.n < 0n)) return null
    root = add(root, collect([part]))
  }
  return null
}

export function power(a: Polynomial, exponent: number): Polynomial {
  let product = constant(ONE)
  for (let round = 0; round < exponent; round++) product = multiply(product, a)
  return product
}

/** The whole `k`-th root of a number that is not negative; null where it has none. */
export function wholeRoot(value: bigint, k: number): bigint | null {
  if (value < 2n) return value
  let [low, high] = [1n, 1n << BigInt(Math.ceil(value.toString(2).length / k) + 1)]
  while (low < high) {
    const middle = (low + high) / 2n
    const raised = middle ** BigInt(k)
    if (raised === value) return middle
    if (raised < value) low = middle + 1n
    else high = middle
  }
  return null
}

export const samePolynomial = (a: Polynomial, b: Polynomial): boolean =>
  a.size === b.size && [...a].every(([key, { factor }]) => sameRational(factor, b.get(key)?.factor ?? ZERO))
