import { hashNumbers } from '../../core/hash.ts'
import type { Split } from '../split.ts'
import { splitOfHash } from '../split.ts'
import type { CountdownProblem } from './arithmetic.ts'

/** By a hash of the numbers, in whatever order and for every target: what is held out shares no set of numbers with training. */
export function countdownSplit({ numbers }: CountdownProblem): Split {
  return splitOfHash(hashNumbers(numbers))
}
