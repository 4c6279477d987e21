import type { Polynomial, Power, Term } from './polynomial.ts'
import {
  collect,
  exactRoot,
  exponentOf,
  isLetter,
  isPlain,
  isPrimeAtom,
  lettersOf,
  multiply,
  scale,
  sortedTerms,
  TooLarge,
  wholePower,
} from './polynomial.ts'
import type { Quotient } from './quotient.ts'
import { bigGcd, formatFraction, negateRational, ONE, ratio } from './rational.ts'

/**
 * A quotient as plain text, the same for equal ones: `2*pi`, `sqrt(3)/2`, `x^2+2x`, `(x+1)^2` where a power is shorter than its
 * terms. A letter follows a number without a sign, all else is multiplied with `*`.
 */
export function formatQuotient({ above, below }: Quotient): string {
  const raised = raisedToWhole(above)
  const [upper, lower] = [multiply(above, raised), multiply(below, raised)]
  const [top, bottom] = [formatSum(upper), formatSum(lower)]
  if (bottom === '1') return top
  return `${upper.size > 1 && !isPower(top) ? `(${top})` : top}/${isSimple(bottom) ? bottom : `(${bottom})`}`
}

const isPower = (text: string): boolean => /^\([^()]*\)\^\d+$/.test(text)
const isSimple = (text: string): boolean => /^(\d+|[a-zA-Z]+(\^\d+)?|\([^()]*\)\^\d+|[a-z]+\([^()]*\))$/.test(text)

/** What makes all factors of a sum whole and all exponents positive. */
function raisedToWhole(sum: Polynomial): Polynomial {
  const terms = [...sum.values()]
  const multiple = terms.reduce((all, { factor: { d } }) => (all * d) / bigGcd(all, d), 1n)
  const atoms = new Set(terms.flatMap(({ powers }) => powers.map(({ atom }) => atom)))
  const powers = [...atoms].sort().flatMap((atom) => {
    const least = terms.map((term) => exponentOf(term, atom)).reduce((a, b) => (a.n * b.d <= b.n * a.d ? a : b))
    return least.n < 0n ? [{ atom, exponent: negateRational(least) }] : []
  })
  return collect([{ factor: ratio(multiple), powers }])
}

function formatSum(sum: Polynomial): string {
  const terms = sortedTerms(sum)
  if (terms.length === 0) return '0'
  const plain = terms.map((term, index) => {
    const text = formatTerm(term)
    return index > 0 && !text.startsWith('-') ? `+${text}` : text
  })
  const written = plain.join('')
  const power = terms.length > 1 && lettersOf(sum).length > 0 && isPlain(sum) ? asPower(sum) : null
  return power !== null && power.length < written.length ? power : written
}

/** `(x+1)^2`, also with a number in front; null where a sum is no power. */
function asPower(sum: Polynomial): string | null {
  const common = sortedTerms(sum).reduce((all, { factor: { n } }) => bigGcd(all, n), 0n)
  const bare = common === 0n ? sum : scale(sum, ratio(1n, common))
  for (const k of [5, 4, 3, 2]) {
    const root = rootOrNull(bare, k)
    if (root !== null) return `${common === 1n ? '' : common}(${formatSum(root)})^${k}`
  }
  return null
}

function rootOrNull(sum: Polynomial, k: number): Polynomial | null {
  try {
    return exactRoot(sum, k)
  } catch (error) {
    if (error instanceof TooLarge) return null
    throw error
  }
}

function formatTerm({ factor, powers }: Term): string {
  const { n } = factor
  const size = formatFraction({ n: n < 0n ? -n : n, d: factor.d })
  const letters = powers.filter(({ atom }) => isLetter(atom) || atom === 'i').map(formatPower)
  const others = [
    ...formatRoots(powers.filter(({ atom }) => isPrimeAtom(atom))),
    ...powers.filter(({ atom }) => !isPrimeAtom(atom) && !isLetter(atom) && atom !== 'i').map(formatPower),
  ]
  // Letters stand together; a number stands directly in front of them.
  const run = letters.reduce((text, letter) => (/[a-zA-Z]$/.test(text) || text === '' ? text : `${text}*`) + letter, '')
  const number = size === '1' && powers.length > 0 ? '' : size
  const front =
    others.length === 0 ? `${number}${run}` : [number, ...others, run].filter((part) => part !== '').join('*')
  return `${n < 0n ? '-' : ''}${front}`
}

function formatPower({ atom, exponent }: Power): string {
  if (exponent.n === 1n && exponent.d === 1n) return atom
  const base = /^[a-zA-Z\\][\w{}\\]*$|^\w+\(.*\)$/.test(atom) ? atom : `(${atom})`
  if (exponent.n === 1n && exponent.d === 2n) return `sqrt(${atom})`
  return exponent.d === 1n ? `${base}^${exponent.n}` : `${base}^(${formatFraction(exponent)})`
}

/** Roots of numbers, those of one kind together: `sqrt(6)`, `2^(1/3)`. */
function formatRoots(powers: readonly Power[]): string[] {
  const under = new Map<bigint, bigint>()
  for (const { atom, exponent } of powers) {
    const inside = wholePower(ratio(BigInt(atom)), exponent.n).n
    under.set(exponent.d, (under.get(exponent.d) ?? ONE.n) * inside)
  }
  return [...under]
    .sort(([a], [b]) => Number(a - b))
    .map(([root, inside]) => (root === 2n ? `sqrt(${inside})` : `${inside}^(1/${root})`))
}
