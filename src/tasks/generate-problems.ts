import { BOUNDS, checkBound } from '../core/bounds.ts'
import { StepscopeError } from '../core/errors.ts'
import { pcg4d } from '../core/random.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'

/** Tries per problem before the generator is taken to have no more different ones. */
const TRIES = 200

export interface GeneratedSet {
  readonly count: number
  readonly difficulty: string
  readonly seed: number
  readonly split: Split
  /** Problems that must not be among them, as the task formats them. */
  readonly without?: ReadonlySet<string>
}

/**
 * Different problems of one split, from the task's generator: the same settings give the same problems, and a larger
 * set begins with the smaller one. Throws a StepscopeError `bad-setting` where the generator has no such difficulty, or
 * not so many different problems.
 */
export function generateProblems<Problem>(task: Task<Problem>, set: GeneratedSet): Problem[] {
  const { difficulty, seed, split, without } = set
  const count = checkBound({ ...BOUNDS.problems, min: 0 }, set.count, { field: 'generate' })
  if (!task.difficulties.some(({ id }) => id === difficulty)) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: `${task.name} has no such difficulty`,
      expected: task.difficulties.map(({ id }) => id).join(', '),
      found: difficulty,
      place: { field: 'difficulty' },
    })
  }
  const problems: Problem[] = []
  const seen = new Set(without)
  for (let attempt = 0; problems.length < count; attempt++) {
    if (attempt >= TRIES * count) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: `The generator found fewer different problems of difficulty ${difficulty} (${split}) than asked for`,
        expected: `at most ${problems.length}`,
        found: String(count),
        place: { field: 'generate' },
      })
    }
    const problem = task.generate(pcg4d(seed, attempt, 0, 0)[0], difficulty)
    const key = task.format(problem)
    if (task.split(problem) !== split || seen.has(key)) continue
    seen.add(key)
    problems.push(problem)
  }
  return problems
}
