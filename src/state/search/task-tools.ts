import type { ErrorPlace } from '../../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { problemRemarks, taskById } from '../../tasks/registry.ts'
import type { ExactLabel } from '../../tasks/task.ts'
import type { ProblemState } from '../session/session-state.ts'

/** Text that ends a step in the tasks' line format. */
export const STEP_END = '\n'

/**
 * Throws a StepscopeError that names `place` where this version has no such task: the screens cannot show one.
 * @param nextStep what the person can do then
 */
export function checkTask(taskId: string, place: ErrorPlace, nextStep: string): void {
  try {
    taskById(taskId)
  } catch (error) {
    throw new StepscopeError({ ...toErrorDetails(error), place, nextStep })
  }
}

/** A problem text as its task reads it; never throws. */
export function readProblem(taskId: string, text: string): ProblemState {
  try {
    const task = taskById(taskId)
    const problem = task.parse(text)
    const remarks = problemRemarks(task, problem)
    return { ok: true, text: task.format(problem), prompt: task.prompt(problem), remarks }
  } catch (error) {
    return { ok: false, error: toErrorDetails(error) }
  }
}

export function randomProblem(taskId: string, seed: number, difficulty: string): string {
  const task = taskById(taskId)
  return task.format(task.generate(seed, difficulty))
}

/** Exact labels of one problem's prefixes; null where the problem cannot be read. */
export function createLabeler(taskId: string, problemText: string): ((steps: readonly string[]) => ExactLabel) | null {
  try {
    const task = taskById(taskId)
    const problem = task.parse(problemText)
    return (steps) => task.label(problem, steps)
  } catch (error) {
    if (error instanceof StepscopeError) return null
    throw error
  }
}
