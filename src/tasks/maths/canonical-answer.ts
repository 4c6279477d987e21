import { bareWords, cleanAnswer } from './clean-answer.ts'
import type { Quotient } from './quotient.ts'
import { quotientValue, sameQuotient } from './quotient.ts'
import type { Rational } from './rational.ts'
import { divideRational, formatDecimal, formatFraction, formatValue, ratio, sameRational } from './rational.ts'
import { MOST_EXPRESSION, readExpression } from './read-expression.ts'
import { readRelation } from './read-relation.ts'
import { splitOutside } from './split-outside.ts'

/** An answer in its canonical form. */
export interface CanonicalAnswer {
  /** As it is shown: `1/2`, `0.333`, `(1/2,3)`, `2*sqrt(2)`, `Yes`. A decimal stays one. */
  readonly text: string
  /** Equal for equal answers: `0.5` for `1/2` and for `0.5`. */
  readonly key: string
  /** What it was compared as. */
  readonly kind: 'number' | 'expression' | 'collection' | 'relation' | 'text'
  /** The value of a number or an expression. */
  readonly value?: Quotient
  /** Whether a percent sign was cut. */
  readonly percent?: boolean
}

/**
 * The canonical form of an answer as a response or a gold answer has it; null where nothing is left of it. Numbers are exact,
 * units and currency cut; expressions in their simplest form; in sets and lists the order does not count, in tuples and
 * intervals it does; all else is text without regard to capitals.
 */
export function canonicalAnswer(raw: string): CanonicalAnswer | null {
  if (raw.length > MOST_RAW) return textAnswer(raw.trim())
  const { text, percent, words } = cleanAnswer(raw)
  if (text === '') return null
  if (words !== null) return words === '' ? null : (choices(words) ?? textAnswer(words))
  const answer = text.length > MOST_EXPRESSION ? null : structured(text, 0)
  if (answer !== null) return percent && answer.kind === 'number' ? { ...answer, percent } : answer
  const bare = bareWords(text)
  return bare === '' ? null : textAnswer(bare)
}

/**
 * Whether two answers are the same. A percent sign is cut as a unit is, and may also be read as a hundredth: `50%` is `50`,
 * and it is `0.5`.
 */
export function sameAnswer(a: CanonicalAnswer, b: CanonicalAnswer): boolean {
  if (a.key === b.key) return true
  if (a.value === undefined || b.value === undefined) return false
  const [left, right] = [quotientValue(a.value), quotientValue(b.value)]
  if (left === null || right === null) return left === right && sameQuotient(a.value, b.value)
  const hundred = ratio(100n)
  if (a.percent && !b.percent) return sameRational(divideRational(left, hundred), right)
  if (b.percent && !a.percent) return sameRational(divideRational(right, hundred), left)
  return false
}

const MOST_NESTING = 4
/** Longer answers are no answers, but they are compared nevertheless. */
const MOST_RAW = 2000

/** An answer that is mathematics; null where it is text. */
function structured(text: string, nesting: number): CanonicalAnswer | null {
  if (nesting > MOST_NESTING) return null
  return (
    matrix(text, nesting) ??
    assigned(text, nesting) ??
    relation(text) ??
    union(text, nesting) ??
    collection(text, nesting) ??
    bothSigns(text, nesting) ??
    single(text)
  )
}

/** One number or expression. */
function single(text: string): CanonicalAnswer | null {
  // Letters alone are words or a choice: `no`, `(B)`, `abc`.
  if (/^[\s(]*[a-zA-Z]+[\s).]*$/.test(text)) return textAnswer(bareWords(text))
  const read = readExpression(text)
  if (read === null) return null
  const { value, written } = read
  const number = quotientValue(value)
  if (number === null) return { text: written, key: written, kind: 'expression', value }
  return { text: shownNumber(number, text), key: formatValue(number), kind: 'number', value }
}

/** A number that was written as a decimal stays one; others are fractions. */
function shownNumber(value: Rational, text: string): string {
  return (/[.]/.test(text) ? formatDecimal(value) : null) ?? formatFraction(value)
}

const NAME = /^\s*(?:\\?[a-zA-Z]+(?:_\{?\w+\}?|\([a-z](?:,\s*[a-z])*\))?|\(\s*[a-z]\s*(?:,\s*[a-z]\s*)*\)|)\s*$/

/** `x=5` is 5, as are `Total = 5` and `3+2=5`; `x \in [0,1)` is the interval. An equation in letters is a relation. */
function assigned(text: string, nesting: number): CanonicalAnswer | null {
  const sides = splitOutside(text, /^(?:=|\\in(?![a-zA-Z]))/)
  const last = sides.pop()?.trim() ?? ''
  if (sides.length === 0 || last === '') return null
  const isNumber = (side: string) => {
    const read = readExpression(side)
    return read !== null && quotientValue(read.value) !== null
  }
  const numbers = isNumber(last)
  if (!sides.every((side) => NAME.test(side) || (numbers && isNumber(side)))) return null
  return structured(last, nesting + 1)
}

function relation(text: string): CanonicalAnswer | null {
  const read = readRelation(text)
  return read === null ? null : { ...read, kind: 'relation' }
}

function union(text: string, nesting: number): CanonicalAnswer | null {
  const parts = splitOutside(text, /^\\cup(?![a-zA-Z])/)
  if (parts.length < 2) return null
  const members = membersOf(parts, nesting)
  if (members === null) return null
  return {
    text: members.map((member) => member.text).join('∪'),
    key: sortedKeys(members).join('∪'),
    kind: 'collection',
  }
}

const BRACKETS = /^(\\\{|\{|\(|\[|\\langle(?![a-zA-Z]))([\s\S]*?)(\\\}|\}|\)|\]|\\rangle)$/

/** Tuples, intervals, sets and lists. */
function collection(text: string, nesting: number): CanonicalAnswer | null {
  const framed = BRACKETS.exec(text)
  const [, open = '', inside = '', close = ''] = framed ?? []
  const parts = framed !== null && closesAtEnd(text, open) ? splitOutside(inside, /^,/) : []
  const set = open === '\\{' && close === '\\}'
  if (parts.length > 1 || (set && parts.length > 0)) {
    if (parts.length === 1 && inside.trim() === '') return { text: '{}', key: '{}', kind: 'collection' }
    const members = membersOf(parts, nesting)
    if (members === null) return null
    const braces = set || open === '{'
    const [left, right] = braces ? ['{', '}'] : [open.replace('\\langle', '('), close.replace('\\rangle', ')')]
    const keys = braces ? [...new Set(sortedKeys(members))] : members.map(({ key }) => key)
    return {
      text: `${left}${members.map((member) => member.text).join(',')}${right}`,
      key: `${left}${keys.join(',')}${right}`,
      kind: 'collection',
    }
  }
  if (text === '\\emptyset' || text === '\\varnothing' || text === '∅')
    return { text: '{}', key: '{}', kind: 'collection' }
  const letters = choices(text)
  if (letters !== null) return letters
  const listed = splitOutside(text.replace(/\s+(?:and|or)\s+/g, ','), /^,/).filter((part) => part.trim() !== '')
  if (listed.length < 2) return null
  const members = membersOf(listed, nesting)
  // Text with commas in it stays text.
  if (members === null || members.some(({ kind }) => kind === 'text')) return null
  return {
    text: members.map((member) => member.text).join(','),
    key: `{${[...new Set(sortedKeys(members))].join(',')}}`,
    kind: 'collection',
  }
}

/** Choices such as `A, C`: one letter each. */
function choices(text: string): CanonicalAnswer | null {
  const letters = text.split(/\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+/)
  if (letters.length < 2 || !letters.every((letter) => /^[a-zA-Z]$/.test(letter))) return null
  const keys = [...new Set(letters.map((letter) => letter.toLowerCase()))].sort()
  return { text: letters.join(','), key: `{${keys.join(',')}}`, kind: 'collection' }
}

/** `3 \pm 2` is the list of both. */
function bothSigns(text: string, nesting: number): CanonicalAnswer | null {
  if (!/\\pm(?![a-zA-Z])/.test(text)) return null
  const members = membersOf([text.replace(/\\pm/g, '+'), text.replace(/\\pm/g, '-')], nesting)
  if (members === null) return null
  return {
    text: members.map((member) => member.text).join(','),
    key: `{${sortedKeys(members).join(',')}}`,
    kind: 'collection',
  }
}

function matrix(text: string, nesting: number): CanonicalAnswer | null {
  const found = /^\\begin\{([pbv]?matrix)\}([\s\S]*)\\end\{\1\}$/.exec(text)
  if (found === null) return null
  const rows = (found[2] ?? '').split(/\\\\/).filter((row) => row.trim() !== '')
  const read = rows.map((row) => membersOf(row.split('&'), nesting))
  if (read.some((row) => row === null)) return null
  const written = (part: 'text' | 'key') =>
    `[${read.map((row) => `[${(row ?? []).map((member) => member[part]).join(',')}]`).join(',')}]`
  const determinant = found[1] === 'vmatrix' ? 'det' : ''
  return { text: determinant + written('text'), key: determinant + written('key'), kind: 'collection' }
}

function membersOf(parts: readonly string[], nesting: number): CanonicalAnswer[] | null {
  const members = parts.map((part) => {
    const text = part.trim()
    return text === '' ? null : (structured(text, nesting + 1) ?? textAnswer(bareWords(text)))
  })
  return members.every((member) => member !== null) ? members : null
}

const sortedKeys = (members: readonly CanonicalAnswer[]): string[] => members.map(({ key }) => key).sort()

/** Text is compared, and shown, without regard to capitals and spaces; a single letter is shown as it is. */
function textAnswer(text: string): CanonicalAnswer {
  const key = text
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ ?([^\p{L}\p{N} ]) ?/gu, '$1')
  return { text: text.length === 1 ? text : key, key, kind: 'text' }
}

/** Whether the bracket that a text begins with is the one that it ends with. */
function closesAtEnd(text: string, open: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '(' || character === '[' || character === '{') depth++
    else if (character === ')' || character === ']' || character === '}') depth--
    if (depth === 0 && at >= open.length) return at === text.length - 1
  }
  return open.startsWith('\\langle')
}
