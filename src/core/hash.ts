import { pcg4d } from './random.ts'

/**
 * 32-bit hash of a list of integers that does not depend on their order: the same multiset, the same hash. Splits
 * problems into training and test sets by their numbers.
 */
export function hashNumbers(numbers: readonly number[]): number {
  let hash = numbers.length
  for (const value of [...numbers].sort((a, b) => a - b)) hash = pcg4d(hash, value, 0, 0)[0]
  return hash
}

/** 32-bit hash of a text: the same text, the same hash. Keys noise by what was said before, wherever it stands. */
export function hashText(text: string): number {
  let hash = text.length
  for (let index = 0; index < text.length; index++) hash = pcg4d(hash, text.charCodeAt(index), 1, 0)[0]
  return hash
}
