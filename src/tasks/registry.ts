import { StepscopeError } from '../core/errors.ts'
import { countdown } from './countdown/countdown.ts'
import type { ResponseVerdict, Task } from './task.ts'

/** Tasks by id. */
export const TASKS = { countdown } as const
export type TaskId = keyof typeof TASKS

/** A task whose problems are opaque: what `parse` returned goes back into the other functions. */
export type AnyTask = Task<unknown>

/** The task of this id. Throws a StepscopeError `not-found` that names the tasks there are. */
export function taskById(id: string): AnyTask {
  const task = Object.values(TASKS).find((candidate) => candidate.id === id)
  if (!task) {
    throw new StepscopeError({
      code: 'not-found',
      message: 'There is no such task',
      expected: Object.keys(TASKS).join(', '),
      found: id,
      place: { field: 'task' },
    })
  }
  return task as AnyTask
}

/** What should be known of a problem before it is run, one sentence each: without a solution; beyond the bundled models. */
export function problemRemarks<Problem>(task: Task<Problem>, problem: Problem): string[] {
  const unsolvable = 'The problem has no solution: every way to combine its numbers was tried, so no answer is right.'
  return [task.solvable(problem) ? null : unsolvable, task.outOfRange(problem)].filter((remark) => remark !== null)
}

/** A task's verdict on one problem, in the shape of the search's `Checker` port. */
export interface TaskChecker {
  isFinal(step: string): boolean
  verify(steps: readonly string[]): ResponseVerdict
  accepts: ((steps: readonly string[]) => boolean) | null
}

export function checkerFor<Problem>(task: Task<Problem>, problem: Problem): TaskChecker {
  const { accepts } = task
  return {
    isFinal: (step) => task.isFinal(step),
    verify: (steps) => task.verify(problem, steps),
    accepts: accepts ? (steps) => accepts(problem, steps) : null,
  }
}
