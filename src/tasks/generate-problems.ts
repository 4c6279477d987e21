import { BOUNDS, checkBound } from '../core/bounds.ts'
import { StepscopeError } from '../core/errors.ts'
import { pcg4d } from '../core/random.ts'
import { generatorOf } from './registry.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'

/** Tries per problem before the generator is taken to have no more different ones. */
const TRIES = 200
/** Tries after the last new problem before it is taken to have no more, however many are asked for. */
const VAIN_TRIES = 200_000
/** Milliseconds of work before others have their turn. */
const TURN_MS = 50

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
 * set begins with the smaller one. For small sets: nothing else happens meanwhile.
 * @throws StepscopeError `bad-setting` where the generator has no such difficulty, or not so many different problems
 */
export function generateProblems<Problem>(task: Task<Problem>, set: GeneratedSet): Problem[] {
  const search = tryProblems(task, set)
  for (;;) {
    const { done, value } = search.next()
    if (done) return value
  }
}

/**
 * As `generateProblems`, for sets of any size: the signal ends it.
 * @param nextTask gives others their turn
 */
export async function makeProblems<Problem>(
  task: Task<Problem>,
  set: GeneratedSet,
  nextTask: () => Promise<void>,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const search = tryProblems(task, set)
  for (let began = Date.now(); ; ) {
    signal?.throwIfAborted()
    const { done, value } = search.next()
    if (done) return value
    if (Date.now() - began < TURN_MS) continue
    await nextTask()
    began = Date.now()
  }
}

/** Pauses after some tries. */
function* tryProblems<Problem>(task: Task<Problem>, set: GeneratedSet): Generator<undefined, Problem[]> {
  const { difficulty, seed, split, without } = set
  const count = checkBound({ ...BOUNDS.problems, min: 0 }, set.count, { field: 'generate' })
  const generator = generatorOf(task)
  if (!generator.difficulties.some(({ id }) => id === difficulty)) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: `${task.name} has no such difficulty`,
      expected: generator.difficulties.map(({ id }) => id).join(', '),
      found: difficulty,
      place: { field: 'difficulty' },
    })
  }
  const problems: Problem[] = []
  const seen = new Set(without)
  for (let attempt = 0, last = 0; problems.length < count; attempt++) {
    if (attempt >= TRIES * count || attempt - last > VAIN_TRIES) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: `The generator found fewer different problems of difficulty ${difficulty} (${split}) than asked for`,
        expected: `at most ${problems.length}`,
        found: String(count),
        place: { field: 'generate' },
      })
    }
    if (attempt % 64 === 63) yield
    const problem = generator.generate(pcg4d(seed, attempt, 0, 0)[0], difficulty)
    const key = task.format(problem)
    if (generator.split(problem) !== split || seen.has(key)) continue
    seen.add(key)
    problems.push(problem)
    last = attempt
  }
  return problems
}
