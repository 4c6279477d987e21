import { formatQuotient } from './format-quotient.ts'
import { addQuotients, negateQuotient, whole, wholeAbove } from './quotient.ts'
import type { ReadExpression } from './read-expression.ts'
import { readExpression } from './read-expression.ts'
import { splitOutside } from './split-outside.ts'

const SIGN =
  /^(?:=|<=|>=|!=|<|>|\\leq?(?![a-zA-Z])|\\leqslant|\\geq?(?![a-zA-Z])|\\geqslant|\\neq?(?![a-zA-Z])|\\lt(?![a-zA-Z])|\\gt(?![a-zA-Z]))/

type Sign = '=' | '!=' | '<' | '<=' | '>' | '>='
const TURNED: Readonly<Record<Sign, Sign>> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/**
 * Equations and inequalities, each side in its simplest form; null where a text is none. An equation is compared by the difference
 * of its sides up to a factor, so `2x+2y=2` is `x+y=1`; `5 > x` is `x < 5`.
 */
export function readRelation(text: string): { readonly text: string; readonly key: string } | null {
  const sides = splitOutside(text, SIGN)
  if (sides.length < 2) return null
  const read = sides.map((side) => readExpression(side))
  if (!read.every((side) => side !== null)) return null
  const signs = signsBetween(text, sides)
  const [left, right, more] = read
  if (signs[0] === '=' && left !== undefined && right !== undefined && more === undefined) {
    const key = difference(left, right)
    return { text: `${left.written}=${right.written}`, key }
  }
  return written(read, signs)
}

function signsBetween(text: string, sides: readonly string[]): Sign[] {
  let at = 0
  return sides.slice(0, -1).map((side) => {
    at += side.length
    const sign = SIGN.exec(text.slice(at))?.[0] ?? '='
    at += sign.length
    return plainSign(sign)
  })
}

function plainSign(sign: string): Sign {
  if (/^(<=|\\leq?|\\leqslant)$/.test(sign)) return '<='
  if (/^(>=|\\geq?|\\geqslant)$/.test(sign)) return '>='
  if (/^(!=|\\neq?)$/.test(sign)) return '!='
  return sign === '<' || sign === '\\lt' ? '<' : sign === '>' || sign === '\\gt' ? '>' : '='
}

function difference(left: ReadExpression, right: ReadExpression): string {
  const { above } = addQuotients(left.value, negateQuotient(right.value))
  return `${formatQuotient(whole(wholeAbove(above)))}=0`
}

/** A chain that only falls is turned, so that it rises. */
function written(read: readonly ReadExpression[], signs: readonly Sign[]) {
  const falls = signs.every((sign) => sign.startsWith('>'))
  const parts = falls ? [...read].reverse() : read
  const between = falls ? [...signs].reverse().map((sign) => TURNED[sign]) : signs
  const text = parts.map((part, index) => part.written + (between[index] ?? '')).join('')
  return { text, key: text }
}
