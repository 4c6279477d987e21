import { BOUNDS } from '../core/bounds.ts'
import { DEFAULT_TASK } from '../core/default-task.ts'
import { StepscopeError } from '../core/errors.ts'
import { pushAll } from '../core/push-all.ts'
import { nextTask } from '../engine/scheduler/next-task.ts'
import { readProblemFile } from '../formats/problem-file.ts'
import { makeProblems } from '../tasks/generate-problems.ts'
import type { AnyTask } from '../tasks/registry.ts'
import { generatorOf, TASKS } from '../tasks/registry.ts'
import { SPLITS } from '../tasks/split.ts'
import { readTextFile } from './files.ts'
import type { Options, ParsedOptions } from './options.ts'
import { oneOf, readChoice, readNumber, UsageError, wholeWithin } from './options.ts'

/** The difficulties of each task that makes problems, and its id: `2-results, 5-results (…); …`. */
function difficultyWords(): string {
  return TASKS.flatMap(({ id, generator }) =>
    generator ? [`${generator.difficulties.map((difficulty) => difficulty.id).join(', ')} (${id})`] : [],
  ).join('; ')
}

/** Which problems a command works on. */
export const PROBLEM_OPTIONS: Options = {
  task: {
    type: 'string',
    value: 'NAME',
    description: `The task of the problems: ${TASKS.map(({ id }) => id).join(', ')}; default ${DEFAULT_TASK}.`,
  },
  problems: {
    type: 'string',
    value: 'FILE.jsonl',
    description:
      'A problem a line in the task’s columns, e.g. {"numbers": [3, 5, 7, 2], "target": 24}, {"question": "…", "answer": "… #### 72"} of GSM8K, or {"problem": "…", "answer": "…"} of MATH-500; other fields are ignored.',
  },
  generate: {
    ...wholeWithin(BOUNDS.problems),
    value: 'COUNT',
    description: 'So many different problems from the task’s generator.',
  },
  difficulty: { type: 'string', value: 'ID', description: `Of generated problems: ${difficultyWords()}.` },
  split: {
    ...oneOf(SPLITS),
    value: SPLITS.join('|'),
    description:
      'Only problems of this split, by a hash of their numbers; default train for generated problems, all of a file.',
  },
  limit: { ...wholeWithin(BOUNDS.problems), value: 'COUNT', description: 'Only the first so many problems.' },
}

/** The problems of a file, or generated ones. */
export async function chooseProblems(
  task: AnyTask,
  options: ParsedOptions,
  seed: number,
  signal: AbortSignal,
): Promise<unknown[]> {
  const file = options.text('problems')
  const count = readNumber(options, 'generate')
  if ((file === undefined) === (count === undefined)) throw new UsageError('Give either --problems or --generate')
  const asked = options.text('split')
  const split = asked === undefined ? null : readChoice('split', asked, SPLITS)
  const limit = readNumber(options, 'limit')
  if (count !== undefined) {
    const difficulty = options.required('difficulty')
    const set = { count, difficulty, seed, split: split ?? 'train' } as const
    return (await makeProblems(task, set, nextTask, signal)).slice(0, limit)
  }
  const all = await readProblems(task, file ?? '')
  const chosen = split === null ? all : all.filter((problem) => generatorOf(task).split(problem) === split)
  if (chosen.length > 0) return chosen.slice(0, limit)
  throw new StepscopeError({
    code: 'bad-file',
    message: `The file holds no problems of the split ${split}`,
    place: { file: file ?? '' },
    nextStep: 'Leave out --split, or generate problems with --generate.',
  })
}

/** Problems of a file, one a line. Errors name file and line. */
export async function readProblems(task: AnyTask, file: string): Promise<unknown[]> {
  async function* text(): AsyncGenerator<string> {
    yield await readTextFile(file)
  }
  const problems: unknown[] = []
  for await (const read of readProblemFile(task, text(), file)) {
    pushAll(
      problems,
      read.map(({ problem }) => problem),
    )
  }
  return problems
}
