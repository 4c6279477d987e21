import type { Prompt } from '../../core/prompt.ts'
import { problemOf, promptOf } from '../../tasks/registry.ts'
import type { TaskTrace } from './page-of-traces.ts'

/** What models are given for a trace's problem. */
export function promptOfTrace({ asked, problem: text }: Pick<TaskTrace, 'asked' | 'problem'>): Prompt {
  if (asked === null) return text
  const { task, problem } = problemOf(asked)
  return promptOf(task, problem)
}
