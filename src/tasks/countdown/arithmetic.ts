export const OPERATIONS = ['+', '-', '*', '/'] as const
export type Operation = (typeof OPERATIONS)[number]

/** Numbers to combine, each used exactly once, into the target. */
export interface CountdownProblem {
  readonly numbers: readonly number[]
  readonly target: number
}

const SYMBOLS: Readonly<Record<Operation, string>> = { '+': '+', '-': '−', '*': '×', '/': '÷' }

/** `9 + 4`, `9 − 4`, `9 × 4`, `9 ÷ 4`: for people. */
export function describeOperation(a: number, operation: Operation, b: number): string {
  return `${a} ${SYMBOLS[operation]} ${b}`
}

/** The result, or null where Countdown has none: no negative numbers, no fractions, no division by zero. */
export function operate(a: number, operation: Operation, b: number): number | null {
  switch (operation) {
    case '+':
      return a + b
    case '-':
      return a >= b ? a - b : null
    case '*':
      return a * b
    case '/':
      return b !== 0 && a % b === 0 ? a / b : null
  }
}

/** The numbers without one `a` and one `b`; the first number that is missing where they are not all there. */
export function takeTwo(
  numbers: readonly number[],
  a: number,
  b: number,
): { readonly rest: number[] } | { readonly missing: number } {
  const rest = [...numbers]
  for (const value of [a, b]) {
    const at = rest.indexOf(value)
    if (at < 0) return { missing: value }
    rest.splice(at, 1)
  }
  return { rest }
}

export function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false
  const sorted = sortedNumbers(right)
  return sortedNumbers(left).every((value, index) => value === sorted[index])
}

export function sortedNumbers(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b)
}
