import type { ErrorPlace } from '../../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import type { ProblemText } from '../../tasks/registry.ts'
import { generatorOf, problemOf, TASKS, taskById } from '../../tasks/registry.ts'
import type { ExactLabel } from '../../tasks/task.ts'
import type { ProblemState, SessionState } from '../session/session-state.ts'

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

/** A problem text, with the gold answer beside it, as its task reads it; never throws. */
export function readProblem(taskId: string, text: string, gold: string): ProblemState {
  try {
    const task = taskById(taskId)
    const read = task.parse(text)
    const problem = task.withGold === null ? read : task.withGold(read, gold.trim() === '' ? null : gold.trim())
    return { ok: true, text: task.format(problem), fields: task.fields(problem), remarks: task.remarks(problem) }
  } catch (error) {
    return { ok: false, error: toErrorDetails(error) }
  }
}

/** What the setup shows where another task was chosen: its example, and its first difficulty. */
export function firstProblem(taskId: string): Pick<SessionState, 'problemText' | 'gold' | 'difficulty'> {
  const { example, generator } = taskById(taskId)
  return { problemText: example, gold: '', difficulty: generator?.difficulties[0]?.id ?? '' }
}

/** The gold answer that a person may have given for the problem of a setup; '' where there is none. */
export function goldOf(setup: ProblemText): string {
  try {
    const { task, problem } = problemOf(setup)
    return (task.withGold === null ? null : task.gold(problem)) ?? ''
  } catch {
    // What cannot be read is told where the problem is shown.
    return ''
  }
}

export function randomProblem(taskId: string, seed: number, difficulty: string): string {
  const task = taskById(taskId)
  return task.format(generatorOf(task).generate(seed, difficulty))
}

/** Exact labels of one problem's prefixes; null where the task has none, or the problem cannot be read. */
export function createLabeler(setup: ProblemText): ((steps: readonly string[]) => ExactLabel) | null {
  try {
    const { task, problem } = problemOf(setup)
    const { label } = task
    return label ? (steps) => label(problem, steps) : null
  } catch (error) {
    if (error instanceof StepscopeError) return null
    throw error
  }
}

/** For people; the id where this version has no such task. */
export function taskName(taskId: string): string {
  return TASKS.find(({ id }) => id === taskId)?.name ?? taskId
}
