import { formatQuotient } from './format-quotient.ts'
import { atomPower, constant, TooLarge } from './polynomial.ts'
import type { Quotient } from './quotient.ts'
import {
  addQuotients,
  DividedByZero,
  divideQuotients,
  fromRational,
  multiplyQuotients,
  negateQuotient,
  quotientValue,
  raise,
  whole,
} from './quotient.ts'
import type { Rational } from './rational.ts'
import { addRational, isWhole, ONE, ratio, readDecimal } from './rational.ts'

/** Longer answers are compared as text. */
export const MOST_EXPRESSION = 400
const MOST_DEPTH = 40
const MOST_FACTORIAL = 200n

export interface ReadExpression {
  readonly value: Quotient
  /** See `formatQuotient`. */
  readonly written: string
}

/** Whether words stand in a text: letters in a row are products only where they are few. */
function isProse(text: string): boolean {
  const bare = text.replace(/\\[a-zA-Z]+/g, ' ').replace(KNOWN_WORDS, ' ')
  return /[a-zA-Z]{4,}/.test(bare) || SHORT_WORDS.test(bare)
}

const KNOWN_WORDS = /arc(?:sin|cos|tan)|(?:sin|cos|tan)h?|cot|sec|csc|log|ln|exp|sqrt|abs|pi/g
const SHORT_WORDS =
  /(?<![a-zA-Z])(?:is|it|the|and|or|not|of|to|in|are|so|we|for|no|if|at|by|an|as|be|all|any|how|yes|one|two|now)(?![a-zA-Z])/i

/** Thrown where a text is no expression. */
class NoExpression extends Error {}

const FUNCTIONS = [
  ...['arcsin', 'arccos', 'arctan', 'sinh', 'cosh', 'tanh', 'sin', 'cos', 'tan', 'cot', 'sec', 'csc'],
  ...['log', 'ln', 'exp', 'sqrt', 'abs'],
]
const WORDS = new Set([...FUNCTIONS, 'pi'])
const GREEK =
  /^\\(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|iota|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega)(?![a-zA-Z])/

/**
 * Reads an expression in LaTeX or plain letters, already without words, units and spacing commands, into its simplest form.
 * Null where it is none, is too large, or divides by zero.
 */
export function readExpression(text: string): ReadExpression | null {
  if (text.length > MOST_EXPRESSION || text.trim() === '' || isProse(text)) return null
  try {
    const value = new Reader(text).all()
    return { value, written: formatQuotient(value) }
  } catch (error) {
    if (error instanceof NoExpression || error instanceof TooLarge || error instanceof DividedByZero) return null
    throw error
  }
}

class Reader {
  private readonly text: string
  private at = 0
  private depth = 0

  constructor(text: string) {
    this.text = text
  }

  all(): Quotient {
    const value = this.sum()
    if (this.rest().trim() !== '') throw new NoExpression()
    return value
  }

  private rest(): string {
    return this.text.slice(this.at)
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.rest())
    if (found !== null) this.at += found[0].length
    return found
  }

  private take(token: string): boolean {
    const spaces = /^\s*/.exec(this.rest())?.[0].length ?? 0
    if (!this.text.startsWith(token, this.at + spaces)) return false
    this.at += spaces + token.length
    return true
  }

  private need(token: string): void {
    if (!this.take(token)) throw new NoExpression()
  }

  private sum(): Quotient {
    this.depth += 1
    if (this.depth > MOST_DEPTH) throw new NoExpression()
    let value = this.product()
    for (;;) {
      if (this.take('+')) value = addQuotients(value, this.product())
      else if (this.take('-')) value = addQuotients(value, negateQuotient(this.product()))
      else break
    }
    this.depth -= 1
    return value
  }

  private product(): Quotient {
    let value = this.signed()
    for (;;) {
      if (this.match(/^\s*(\*|\\cdot(?![a-zA-Z])|\\times(?![a-zA-Z])|\\ast(?![a-zA-Z]))/))
        value = multiplyQuotients(value, this.signed())
      else if (this.match(/^\s*(\/|\\div(?![a-zA-Z]))/)) value = divideQuotients(value, this.signed())
      else if (/^\s*([\d.a-zA-Z({[\\]|$)/.test(this.rest()) && !this.ends())
        value = multiplyQuotients(value, this.power())
      else return value
    }
  }

  /** Whether nothing follows that could be multiplied. */
  private ends(): boolean {
    return /^\s*(\\[}|]|\\rvert|\\right|\)|\]|\}|$)/.test(this.rest())
  }

  private signed(): Quotient {
    this.depth += 1
    if (this.depth > MOST_DEPTH) throw new NoExpression()
    const negative = this.take('-')
    if (!negative) this.take('+')
    const value = negative ? negateQuotient(this.signed()) : this.power()
    this.depth -= 1
    return value
  }

  private power(): Quotient {
    const mixed = this.mixed()
    if (mixed !== null) return fromRational(mixed)
    let base = this.postfix()
    if (this.take('^')) base = raised(base, this.exponent())
    return base
  }

  /** `3 1/2` and `3\frac{1}{2}`: a whole number and a proper fraction. */
  private mixed(): Rational | null {
    const found =
      /^\s*(\d+)(?:\s+(\d+)\s*\/\s*(\d+)|\s*\\frac\s*(?:\{\s*(\d+)\s*\}|(\d))\s*(?:\{\s*(\d+)\s*\}|(\d)))(?![\d.^!])/.exec(
        this.rest(),
      )
    if (found === null) return null
    const above = BigInt(found[2] ?? found[4] ?? found[5] ?? 0)
    const below = BigInt(found[3] ?? found[6] ?? found[7] ?? 0)
    if (below <= above) return null
    this.at += found[0].length
    return addRational(ratio(BigInt(found[1] ?? 0)), ratio(above, below))
  }

  private exponent(): Quotient {
    const digits = this.match(/^\s*\d+/)
    if (digits !== null) return fromRational(readDecimal(digits[0].trim()))
    if (this.take('-')) return negateQuotient(this.exponent())
    return this.postfix()
  }

  private postfix(): Quotient {
    let value = this.primary()
    while (/^\s*!(?!=)/.test(this.rest())) {
      this.take('!')
      value = factorial(value)
    }
    return value
  }

  private primary(): Quotient {
    const number = this.match(/^\s*(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3}(?![\da-zA-Z]))?/)
    if (number !== null) {
      if (/^\s*_/.test(this.rest())) throw new NoExpression()
      return fromRational(readDecimal(number[0].trim()))
    }
    for (const [open, close] of [
      ['(', ')'],
      ['[', ']'],
      ['{', '}'],
      ['\\{', '\\}'],
    ] as const) {
      if (!this.take(open)) continue
      const value = this.sum()
      this.need(close)
      return value
    }
    if (this.match(/^\s*(\||\\lvert(?![a-zA-Z])|\\mid(?![a-zA-Z]))/)) {
      const value = this.sum()
      if (!this.match(/^\s*(\||\\rvert(?![a-zA-Z])|\\mid(?![a-zA-Z]))/)) throw new NoExpression()
      return applied('abs', value)
    }
    return this.command() ?? this.letter()
  }

  private command(): Quotient | null {
    if (this.match(/^\s*\\frac(?![a-zA-Z])/)) {
      const above = this.argument()
      return divideQuotients(above, this.argument())
    }
    if (this.match(/^\s*\\(binom|choose)(?![a-zA-Z])/)) {
      const above = this.argument()
      return binomial(above, this.argument())
    }
    if (this.match(/^\s*\\sqrt(?![a-zA-Z])/)) {
      const root = this.rootIndex()
      return raised(this.argument(), fromRational(ratio(1n, root)))
    }
    if (this.match(/^\s*\\pi(?![a-zA-Z])/)) return whole(atomPower('pi'))
    if (this.match(/^\s*\\infty(?![a-zA-Z])/)) return whole(atomPower('infinity'))
    const name = this.match(/^\s*\\?([a-z]+)/)
    if (name === null) return null
    const word = FUNCTIONS.find((candidate) => name[1] === candidate)
    if (word !== undefined) return this.applied(word)
    this.at -= name[0].length
    return null
  }

  /** `[3]` of a cube root; 2 where there is none. */
  private rootIndex(): bigint {
    if (!this.take('[')) return 2n
    const index = quotientValue(this.sum())
    this.need(']')
    if (index === null || !isWhole(index) || index.n < 1n || index.n > 64n) throw new NoExpression()
    return index.n
  }

  /** What a function's name is followed by: a base, a power, then its argument. */
  private applied(name: string): Quotient {
    const base = name === 'log' && this.take('_') ? this.argument() : null
    const power = this.take('^') ? this.exponent() : null
    const argument = /^\s*[({[|]/.test(this.rest()) ? this.primary() : this.bare()
    const value = base === null ? applied(name, argument) : logarithm(base, argument)
    return power === null ? value : raised(value, power)
  }

  /** The argument of `\sin 2x`: numbers and letters up to the next sign or function. */
  private bare(): Quotient {
    let value = this.power()
    while (/^\s*([\d.]|\\pi|\\theta|\\alpha|\\beta|\\frac|[a-zA-Z](?![a-zA-Z]))/.test(this.rest())) {
      value = multiplyQuotients(value, this.power())
    }
    return value
  }

  /** A group in braces, or what stands next: one digit, one letter or one command. */
  private argument(): Quotient {
    if (this.take('{')) {
      const value = this.sum()
      this.need('}')
      return value
    }
    const digit = this.match(/^\s*\d/)
    if (digit !== null) return fromRational(ratio(BigInt(digit[0].trim())))
    if (/^\s*[([]/.test(this.rest())) throw new NoExpression()
    return this.command() ?? this.letter()
  }

  private letter(): Quotient {
    if (this.match(/^\s*pi(?![a-z])/)) return whole(atomPower('pi'))
    const greek = this.match(new RegExp(`^\\s*${GREEK.source.slice(1)}`))
    const name = greek?.[0].trim() ?? this.match(/^\s*[a-zA-Z]/)?.[0].trim()
    if (name === undefined) throw new NoExpression()
    const index = this.match(/^_(\{\s*\w+\s*\}|\w)/)
    const inside = index?.[1]?.replace(/[{}\s]/g, '')
    return whole(atomPower(inside === undefined ? name : `${name}_${inside}`))
  }
}

/** Whether a word in plain letters means something in an expression. */
export const isMathsWord = (word: string): boolean => WORDS.has(word)

function raised(base: Quotient, exponent: Quotient): Quotient {
  const power = quotientValue(exponent)
  const value = power === null ? null : raise(base, power)
  if (value !== null) return value
  const [below, above] = [formatQuotient(base), formatQuotient(exponent)]
  if (power !== null && power.n === 1n && power.d === 2n) return opaque(`sqrt(${below})`)
  const wrap = (text: string) => (/^([a-zA-Z]|\d+)$/.test(text) ? text : `(${text})`)
  return opaque(`${wrap(below)}^${wrap(above)}`)
}

/** A term that nothing more is known of. */
const opaque = (name: string): Quotient => whole(atomPower(name))

function applied(name: string, argument: Quotient): Quotient {
  if (name === 'sqrt') return raised(argument, fromRational(ratio(1n, 2n)))
  if (name === 'exp') return raised(whole(atomPower('e')), argument)
  const value = quotientValue(argument)
  if (name === 'abs' && value !== null) return fromRational(value.n < 0n ? ratio(-value.n, value.d) : value)
  if ((name === 'ln' || name === 'log') && value !== null && value.n === value.d) return whole(constant(ratio(0n)))
  if (name === 'ln' && formatQuotient(argument) === 'e') return fromRational(ONE)
  return opaque(`${name}(${formatQuotient(argument)})`)
}

/** `log_2 8` is 3; where it is no whole number it stays as it is. */
function logarithm(base: Quotient, argument: Quotient): Quotient {
  const [b, value] = [quotientValue(base), quotientValue(argument)]
  if (b !== null && value !== null && isWhole(b) && isWhole(value) && b.n > 1n && value.n > 0n) {
    let [power, raisedTo] = [0n, 1n]
    while (raisedTo < value.n) [power, raisedTo] = [power + 1n, raisedTo * b.n]
    if (raisedTo === value.n) return fromRational(ratio(power))
  }
  return opaque(`log(${formatQuotient(base)},${formatQuotient(argument)})`)
}

function factorial(value: Quotient): Quotient {
  const number = quotientValue(value)
  if (number === null || !isWhole(number) || number.n < 0n) return opaque(`factorial(${formatQuotient(value)})`)
  if (number.n > MOST_FACTORIAL) throw new TooLarge()
  let product = 1n
  for (let factor = 2n; factor <= number.n; factor++) product *= factor
  return fromRational(ratio(product))
}

function binomial(above: Quotient, below: Quotient): Quotient {
  const [n, k] = [quotientValue(above), quotientValue(below)]
  const counts = n !== null && k !== null && isWhole(n) && isWhole(k) && k.n >= 0n && n.n >= k.n
  if (!counts) return opaque(`binomial(${formatQuotient(above)},${formatQuotient(below)})`)
  if (n.n > MOST_FACTORIAL) throw new TooLarge()
  let value = 1n
  for (let index = 1n; index <= k.n; index++) value = (value * (n.n - index + 1n)) / index
  return fromRational(ratio(value))
}
