import { calculationInWords, inWords, quoteStep } from '../summary.ts'
import type { Operation } from './arithmetic.ts'

/** A line of a response: `3*5=15 : 7 2 15`, `A 24`, or something else. */
export type CountdownLine =
  | {
      readonly kind: 'step'
      readonly a: number
      readonly operation: Operation
      readonly b: number
      readonly result: number
      /** The numbers said to be left. */
      readonly left: readonly number[]
    }
  | { readonly kind: 'answer'; readonly value: number }
  | { readonly kind: 'malformed'; readonly text: string }

const STEP = /^(\d+)([-+*/])(\d+)=(-?\d+) : (-?\d+(?: -?\d+)*)$/
const ANSWER = /^A (-?\d+)$/

/** Reads one line, with or without its newline. Numbers beyond exact integers make it malformed. */
export function readCountdownLine(step: string): CountdownLine {
  const text = step.endsWith('\n') ? step.slice(0, -1) : step
  const answer = ANSWER.exec(text)
  if (answer) {
    const value = Number(answer[1])
    return Number.isSafeInteger(value) ? { kind: 'answer', value } : { kind: 'malformed', text }
  }
  const [, a = '', operation = '', b = '', result = '', left = ''] = STEP.exec(text) ?? []
  const line = {
    kind: 'step',
    a: Number(a),
    operation: operation as Operation,
    b: Number(b),
    result: Number(result),
    left: left.split(' ').map(Number),
  } as const
  const exact = [line.a, line.b, line.result, ...line.left, line.a * line.b].every(Number.isSafeInteger)
  return operation !== '' && exact ? line : { kind: 'malformed', text }
}

/** Does this line end a response? The one that starts with `A `. */
export function isAnswerLine(step: string): boolean {
  return step.startsWith('A ')
}

/** Whether a line is a step or an answer by the grammar, right or wrong; null where it is neither. */
export function countdownLineKind(step: string): 'step' | 'answer' | null {
  const { kind } = readCountdownLine(step)
  return kind === 'malformed' ? null : kind
}

/** `Takes 3 × 5 as 15; 7, 2 and 15 are left.` */
export function summarizeCountdown(steps: readonly string[]): string[] {
  return steps.map((step) => {
    const line = readCountdownLine(step)
    if (line.kind === 'malformed') return `Writes ${quoteStep(step)}.`
    if (line.kind === 'answer') return `Answers ${line.value}.`
    const { a, operation, b, result, left } = line
    const rest = left.length === 1 ? `${left[0]} is left` : `${inWords(left)} are left`
    return `Takes ${calculationInWords(a, operation, b)} as ${result}; ${rest}.`
  })
}

/**
 * The step with the operands of a sum or product exchanged, else with the numbers left in another order; null where neither
 * changes anything.
 */
export function paraphraseCountdown(step: string): string | null {
  const line = readCountdownLine(step)
  if (line.kind !== 'step') return null
  const { a, operation, b, result, left } = line
  const commutes = (operation === '+' || operation === '*') && a !== b
  const [first, second] = commutes ? [b, a] : [a, b]
  const order = commutes ? left : left.toReversed()
  const text = `${first}${operation}${second}=${result} : ${order.join(' ')}`
  return text === step ? null : text
}
