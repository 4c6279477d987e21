import type { ErrorPlace } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'

/** A run that has the right shape and cannot have happened. */
export function senseless(
  place: ErrorPlace,
  message: string,
  expected: string | number,
  found: string | number,
): StepscopeError {
  const shown = String(found)
  return new StepscopeError({
    code: 'bad-file',
    message,
    expected: String(expected),
    found: shown.length > 40 ? `${shown.slice(0, 37)}…` : shown,
    place,
    nextStep: 'Open a file that Stepscope exported.',
  })
}
