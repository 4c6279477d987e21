import { StepscopeError } from '../core/errors.ts'
import type { PutProblem } from '../core/prompt.ts'
import { countdown } from './countdown/countdown.ts'
import { maths } from './maths/maths.ts'
import { own } from './own/own.ts'
import type { Forcing, ProblemGenerator, ResponseVerdict, Task, Traces } from './task.ts'
import { wordProblems } from './words/word-problems.ts'

/** A task whose problems are opaque: what `parse` returned goes back into the other functions. */
export type AnyTask = Task<unknown>

/** All tasks, in the order in which they are offered. */
export const TASKS: readonly AnyTask[] = [
  countdown as AnyTask,
  wordProblems as AnyTask,
  maths as AnyTask,
  own as AnyTask,
]

/** The task of this id. Throws a StepscopeError `not-found` that names the tasks there are. */
export function taskById(id: string): AnyTask {
  const task = TASKS.find((candidate) => candidate.id === id)
  if (!task) {
    throw new StepscopeError({
      code: 'not-found',
      message: 'There is no such task',
      expected: TASKS.map((candidate) => candidate.id).join(', '),
      found: id,
      place: { field: 'task' },
    })
  }
  return task
}

/** What of a run's setup says which problem it is of: `fields` as the task writes them; without, the text is read. */
export interface ProblemText {
  readonly task: string
  readonly problem: string
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** The problem of a setup. Throws as the task's `readFields` and `parse`. */
export function problemOf({ task: id, problem, fields }: ProblemText): {
  readonly task: AnyTask
  readonly problem: unknown
} {
  const task = taskById(id)
  return { task, problem: fields === undefined ? task.parse(problem) : task.readFields(fields) }
}

/**
 * What models are given for a problem.
 * @param system what a person wants a chat with the policy to begin with
 */
export function promptOf<Problem>(task: Task<Problem>, problem: Problem, system?: string): PutProblem {
  return {
    ...(system === undefined ? {} : { ownSystem: system }),
    question: task.question(problem),
    notation: task.notation?.prompt(problem) ?? null,
    ...task.instructions,
  }
}

/** A task's word on one problem, in the shape of the search's `Checker` port. */
export interface TaskChecker {
  isFinal(steps: readonly string[]): boolean
  verify(steps: readonly string[]): ResponseVerdict
  accepts: ((steps: readonly string[]) => boolean) | null
  readonly forcing?: Pick<Forcing, 'wait' | 'answerMarker'>
}

export function checkerFor<Problem>(task: Task<Problem>, problem: Problem): TaskChecker {
  const { accepts, forcing } = task
  return {
    isFinal: (steps) => task.isFinal(steps),
    verify: (steps) => task.verify(problem, steps),
    accepts: accepts ? (steps) => accepts(problem, steps) : null,
    ...(forcing ? { forcing } : {}),
  }
}

/** Throws a StepscopeError `bad-setting` where the task has no random problems. */
export function generatorOf<Problem>(task: Task<Problem>): ProblemGenerator<Problem> {
  return task.generator ?? lacks(task, 'random problems', (other) => other.generator !== undefined)
}

/** Difficulties that training takes where a recipe names none; none of a task that is not there, or has no generator. */
export function usualDifficulties(id: string): string[] {
  const generator = TASKS.find((task) => task.id === id)?.generator
  return [...(generator?.usual ?? generator?.difficulties.map((difficulty) => difficulty.id) ?? [])]
}

/** Throws a StepscopeError `bad-setting` where the task has no exact labels. */
export function labelsOf<Problem>(task: Task<Problem>): NonNullable<Task<Problem>['label']> {
  return task.label ?? lacks(task, 'exact labels of steps', (other) => other.label !== undefined)
}

/** Throws a StepscopeError `bad-setting` where the task has no solutions of its own. */
export function tracesOf<Problem>(task: Task<Problem>): Traces<Problem> {
  return task.traces ?? lacks(task, 'solutions of its own', (other) => other.traces !== undefined)
}

function lacks<Problem>({ name }: Task<Problem>, what: string, has: (task: AnyTask) => boolean): never {
  throw new StepscopeError({
    code: 'bad-setting',
    message: `${name} has no ${what}`,
    expected: `a task that has: ${TASKS.filter(has)
      .map(({ id }) => id)
      .join(', ')}`,
    found: name,
    place: { field: 'task' },
    nextStep: 'Choose another task, or give the data as a file.',
  })
}
