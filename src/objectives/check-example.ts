import { StepscopeError } from '../core/errors.ts'
import type { TrainingSequence } from './sequence.ts'

/**
 * Checks a sequence's readouts, and where log-probabilities are wanted that each readout has its target.
 * @throws StepscopeError `bad-problem` naming the example: no readout, readouts outside the sequence or out of order, targets
 * that do not match
 */
export function checkSequence(id: string, { tokenIds, readouts, targets }: TrainingSequence, logprobs: boolean): void {
  if (readouts.length === 0) {
    throw bad(
      id,
      logprobs ? 'The completion has no tokens' : 'No position to score is marked',
      'at least one',
      'none',
      'Leave the example out, or give it a completion.',
    )
  }
  for (let i = 0; i < readouts.length; i++) {
    const readout = readouts[i] as number
    if (readout >= tokenIds.length || (i > 0 && readout <= (readouts[i - 1] as number))) {
      throw bad(
        id,
        'A position to evaluate lies outside the sequence or out of order',
        `ascending positions below ${tokenIds.length}`,
        `position ${readout | 0}`,
        'A completion needs a prompt of at least one token before it.',
      )
    }
  }
  if (logprobs) checkLength(id, 'targets', targets, readouts.length)
}

/** @throws StepscopeError `bad-problem` unless a label is a number from 0 to 1 */
export function checkLabel(id: string, label: number): void {
  if (!(label >= 0 && label <= 1)) {
    throw bad(id, 'A label is no probability', 'a number from 0 to 1', String(label), 'Correct the label.')
  }
}

/** @throws StepscopeError `bad-problem` unless there is one value per readout and each is finite */
export function checkLength(id: string, what: string, values: ArrayLike<number>, readouts: number): void {
  if (values.length !== readouts) {
    throw bad(
      id,
      `The number of ${what} does not fit the sequence`,
      `${readouts}`,
      `${values.length}`,
      'Give one per evaluated position.',
    )
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw bad(id, `Among the ${what} is one without a value`, 'finite numbers', `${values[i]} at ${i}`)
    }
  }
}

/** @throws StepscopeError `bad-problem` unless a value is finite */
export function checkFinite(id: string, what: string, value: number): void {
  if (!Number.isFinite(value)) throw bad(id, `The ${what} has no value`, 'a finite number', String(value))
}

function bad(id: string, message: string, expected: string, found: string, nextStep?: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-problem',
    message,
    place: { field: `example ${id}` },
    expected,
    found,
    ...(nextStep === undefined ? {} : { nextStep }),
  })
}
