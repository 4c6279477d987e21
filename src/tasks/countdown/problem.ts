import { StepscopeError } from '../../core/errors.ts'
import type { CountdownProblem } from './arithmetic.ts'

const FEWEST_NUMBERS = 3
const MOST_NUMBERS = 5
/** Products of five such numbers are still exact. */
const LARGEST_NUMBER = 999
const LARGEST_TARGET = 9999

const EXPECTED = '3 to 5 whole numbers, then > and the target, like 3 5 7 2 > 24'

/**
 * Reads a typed problem: `3 5 7 2 > 24`, also `3, 5, 7, 2 -> 24` and `3 5 7 2 = 24`.
 * Throws a StepscopeError `bad-problem` that says what was expected and found.
 */
export function parseCountdown(text: string): CountdownProblem {
  const bare = text.trim().replace(/^Q(?=\s|\d)/i, '')
  if (bare.trim() === '') throw badProblem('The problem is empty', EXPECTED)
  const [numbersText = '', targetText, ...more] = bare.split(/[-=]?>|→|=/)
  if (targetText === undefined) throw badProblem('The problem has no target', EXPECTED, text)
  if (more.length > 0) throw badProblem('The problem has more than one target', EXPECTED, text)
  const numbers = words(numbersText).map((word) => readWhole(word, 'number', LARGEST_NUMBER))
  const targets = words(targetText)
  if (targets.length !== 1) {
    const what = targets.length === 0 ? 'The problem has no target' : 'The problem has more than one target'
    throw badProblem(what, 'one whole number after >', targets.join(' ') || 'nothing')
  }
  const target = readWhole(targets[0] ?? '', 'target', LARGEST_TARGET)
  return { numbers: checkCount(numbers), target }
}

/**
 * Checks a problem read from a file: `{ numbers, target }`.
 * Throws a StepscopeError `bad-problem` that names the field and says what was expected and found.
 */
export function readCountdownFields(value: unknown): CountdownProblem {
  const { numbers, target } = (value ?? {}) as { numbers?: unknown; target?: unknown }
  const at = <T>(field: string, read: () => T): T => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof StepscopeError)) throw error
      const nextStep = 'Write the problem as {"numbers": [3, 5, 7, 2], "target": 24}.'
      throw new StepscopeError({ ...error.details, place: { field }, nextStep }, { cause: error })
    }
  }
  const list = at('numbers', () => {
    if (Array.isArray(numbers)) return numbers as readonly unknown[]
    throw badProblem('The problem has no list “numbers”', '"numbers": [3, 5, 7, 2]', shown(numbers))
  })
  const read = list.map((number, index) =>
    at(`numbers[${index}]`, () => readWhole(shown(number), 'number', LARGEST_NUMBER)),
  )
  return {
    numbers: at('numbers', () => checkCount(read)),
    target: at('target', () => {
      if (target === undefined) throw badProblem('The problem has no “target”', '"target": 24', 'nothing')
      return readWhole(shown(target), 'target', LARGEST_TARGET)
    }),
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}

/** A remark on a problem that the bundled models were not trained for, or null. */
export function countdownOutOfRange({ numbers, target }: CountdownProblem): string | null {
  const reasons: string[] = []
  if (numbers.length > 4) reasons.push(`${numbers.length} numbers (trained on 3 or 4)`)
  const large = numbers.filter((number) => number > 13)
  if (large.length > 0) reasons.push(`${large.join(', ')} among the numbers (trained on 1 to 13)`)
  if (target > 99) reasons.push(`the target ${target} (trained on 1 to 99)`)
  if (reasons.length === 0) return null
  return `Outside the bundled models’ training range: ${reasons.join('; ')}. Expect few right answers.`
}

function words(text: string): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== '')
}

function readWhole(word: string, what: 'number' | 'target', largest: number): number {
  const expected = `a whole number from 1 to ${largest}`
  const capital = what === 'number' ? 'A number' : 'The target'
  if (!/^[+-]?\d+$/.test(word)) throw badProblem(`${capital} of the problem is not a whole number`, expected, word)
  const value = Number(word)
  if (value < 1) throw badProblem(`${capital} of the problem is ${value === 0 ? 'zero' : 'negative'}`, expected, word)
  if (value > largest) throw badProblem(`${capital} of the problem is too large`, expected, word)
  return value
}

function checkCount(numbers: readonly number[]): readonly number[] {
  const count = numbers.length
  if (count < FEWEST_NUMBERS || count > MOST_NUMBERS) {
    const message = `The problem has too ${count < FEWEST_NUMBERS ? 'few' : 'many'} numbers`
    throw badProblem(message, `${FEWEST_NUMBERS} to ${MOST_NUMBERS} numbers before the target`, String(count))
  }
  return numbers
}

function badProblem(message: string, expected: string, found?: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-problem',
    message,
    expected,
    ...(found === undefined ? {} : { found }),
    nextStep: 'Write the problem like 3 5 7 2 > 24.',
  })
}
