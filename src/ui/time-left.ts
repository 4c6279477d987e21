/** When a piece of work was first seen, and how much of it was done then. */
export interface Pace {
  /** Which work: a pace says nothing of another. */
  readonly of: string
  readonly at: number
  readonly value: number
}

/**
 * The pace to go on with: the same where it is still the same work going forward, else a new one from now.
 * @param value share done, 0 … 1
 * @param now milliseconds
 */
export function paceOf(pace: Pace | null, of: string, value: number, now: number): Pace {
  return pace !== null && pace.of === of && value >= pace.value ? pace : { of, at: now, value }
}

/** Milliseconds left at the mean speed so far; null until it has run long enough to say, and once all is done. */
export function timeLeft(pace: Pace, value: number, now: number): number | null {
  const elapsed = now - pace.at
  const done = value - pace.value
  return elapsed > 1000 && done > 0.01 && value < 1 ? (elapsed * (1 - value)) / done : null
}
