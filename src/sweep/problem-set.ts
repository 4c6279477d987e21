import { sha256 } from 'hash-wasm'
import type { AnyTask } from '../tasks/registry.ts'

/** A problem as its task writes it: plain data, the gold answer included. */
export type ProblemFields = Readonly<Record<string, unknown>>

/** Problems as a file has them: JSON Lines. */
export function problemLines(problems: readonly ProblemFields[]): string {
  return problems.map((fields) => `${JSON.stringify(fields)}\n`).join('')
}

/** SHA-256 of the problems' JSON Lines, 64 hex digits: the same problems in the same order, the same hash. */
export function hashProblems(problems: readonly ProblemFields[]): Promise<string> {
  return sha256(problemLines(problems))
}

/** Problems from their fields. @throws StepscopeError `bad-problem` as the task's `readFields` */
export function readProblems(task: AnyTask, problems: readonly ProblemFields[]): unknown[] {
  return problems.map((fields) => task.readFields(fields))
}
