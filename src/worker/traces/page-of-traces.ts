import type { ErrorDetails } from '../../core/errors.ts'
import type { Trace } from '../../formats/traces/trace.ts'
import type { ProblemText } from '../../tasks/registry.ts'

/** A trace as it was read or sampled, with what its task says. */
export interface TaskTrace extends Trace {
  /** The problem as a task knows it; null: models are given its text as it is. */
  readonly asked: ProblemText | null
  /** The task's exact label of each step; null where it has none. */
  readonly exact: readonly (0 | 1)[] | null
}

/** Some rows of a file of traces. */
export interface TracePage {
  readonly traces: readonly TaskTrace[]
  /** How many rows cannot be read, and the first of them. */
  readonly left: number
  readonly bad: readonly ErrorDetails[]
  /** Rows so far, and bytes of the file. */
  readonly rows: number
  readonly bytes: number
  /** Names of the kinds of rows so far. */
  readonly formats: readonly string[]
  /** Nothing comes behind it. */
  readonly last: boolean
}
