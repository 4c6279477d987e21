import type { CountdownProblem } from './arithmetic.ts'
import { readCountdownLine } from './line.ts'

/** An expression as sorted parts, so that the order in which sums and products are written does not count. */
interface Expression {
  readonly value: number
  readonly kind: 'number' | 'sum' | 'product'
  /** Terms added, or factors. */
  readonly parts: readonly string[]
  /** Terms taken away, or divisors. */
  readonly inverse: readonly string[]
}

/**
 * The expression that a response's steps build of the problem's numbers, in a canonical form: `3*5+2+7` whichever of
 * 3*5 and 5*3, (15+7)+2 and (2+7)+15 was written. The steps must be valid: null where a number is not there.
 */
export function countdownExpression({ numbers }: CountdownProblem, steps: readonly string[]): string | null {
  const left: Expression[] = numbers.map((value) => ({ value, kind: 'number', parts: [String(value)], inverse: [] }))
  const take = (value: number): Expression | undefined => {
    const at = left.findIndex((expression) => expression.value === value)
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
  for (const step of steps) {
    const line = readCountdownLine(step)
    if (line.kind !== 'step') break
    const [a, b] = [take(line.a), take(line.b)]
    if (!a || !b) return null
    const kind = line.operation === '+' || line.operation === '-' ? 'sum' : 'product'
    const [first, second] = [partsOf(a, kind), partsOf(b, kind)]
    const turned = line.operation === '-' || line.operation === '/'
    left.push({
      value: line.result,
      kind,
      parts: [...first.parts, ...(turned ? second.inverse : second.parts)].sort(),
      inverse: [...first.inverse, ...(turned ? second.parts : second.inverse)].sort(),
    })
  }
  const [whole] = left
  return whole && left.length === 1 ? write(whole) : null
}

/** An expression as terms of a sum, or factors of a product. */
function partsOf(expression: Expression, kind: 'sum' | 'product'): Pick<Expression, 'parts' | 'inverse'> {
  if (expression.kind === kind) return expression
  const text = write(expression)
  return { parts: [kind === 'product' && expression.kind === 'sum' ? `(${text})` : text], inverse: [] }
}

function write({ kind, parts, inverse }: Expression): string {
  const [join, apart] = kind === 'sum' ? ['+', '-'] : ['*', '/']
  return parts.join(join) + inverse.map((part) => `${apart}${part}`).join('')
}
