import { StepscopeError } from '../../core/errors.ts'
import { sha256 } from '../../engine/checkpoint/sha256.ts'
import { readProblemFile } from '../../formats/problem-file.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { objectiveById } from '../../objectives/registry.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { promptOf } from '../../tasks/registry.ts'
import { makeRecipeProblems } from './make-rows.ts'
import type { ModelInTraining } from './model-in-training.ts'
import type { DataFile, DataRecord } from './run-rows.ts'
import { heldOutOf, missingFile } from './run-rows.ts'

/** What a model that samples while it learns is asked. */
export interface RunProblems {
  readonly train: readonly unknown[]
  /** Problems that it is looked at with. */
  readonly heldOut: readonly unknown[]
  /** Of a file; null for generated problems, which the recipe determines. */
  readonly record: DataRecord | null
}

interface ProblemSource {
  readonly task: AnyTask
  readonly recipe: TrainingRecipe
  readonly data: DataFile | null
  readonly signal: AbortSignal
}

/** The recipe's problems: generated ones, or those of its file. @throws StepscopeError as `readFileProblems` */
export async function loadProblems(
  source: ProblemSource,
  trained: Pick<ModelInTraining, 'prompts' | 'config'>,
): Promise<RunProblems> {
  const { recipe } = source
  if (recipe.data.source === 'file') return readFileProblems(source, trained)
  return {
    train: await makeRecipeProblems(source, 'train', recipe.data.problems),
    heldOut: await makeRecipeProblems(source, 'held-out', recipe.evaluateProblems),
    record: null,
  }
}

/**
 * Problems of a file in the task's columns; every tenth is held out, of a large file fewer.
 * @throws StepscopeError with file, line and field of the first that is no problem of the task, has no gold answer where its
 * responses are to be judged, or leaves the model no room for a response
 */
export async function readFileProblems(
  { task, recipe, data, signal }: ProblemSource,
  trained: Pick<ModelInTraining, 'prompts' | 'config'>,
): Promise<RunProblems & { readonly record: DataRecord }> {
  if (data === null) throw missingFile(recipe.data.source === 'file' ? recipe.data.file : '')
  async function* text(): AsyncGenerator<string> {
    yield data?.text ?? ''
  }
  const problems: unknown[] = []
  for await (const read of readProblemFile(task, text(), data.name)) {
    signal.throwIfAborted()
    for (const { line, problem } of read) {
      check(task, problem, recipe, trained, { file: data.name, line })
      problems.push(problem)
    }
  }
  const { every } = heldOutOf(problems.length)
  const isHeldOut = (index: number): boolean => index % every === every - 1
  const train = problems.filter((_, index) => !isHeldOut(index))
  const held = problems.filter((_, index) => isHeldOut(index))
  const record = {
    sha256: await sha256(new TextEncoder().encode(data.text)),
    rows: train.length,
    heldOut: held.length,
  }
  return { train, heldOut: held.slice(0, recipe.evaluateProblems), record }
}

function check(
  task: AnyTask,
  problem: unknown,
  recipe: TrainingRecipe,
  { prompts, config }: Pick<ModelInTraining, 'prompts' | 'config'>,
  place: { readonly file: string; readonly line: number },
): void {
  const objective = objectiveById(recipe.objective)
  const judged = !objective.online || !objective.rewarded || recipe.reward.verifier > 0
  if (judged && task.withGold !== null && task.gold(problem) === null) {
    throw new StepscopeError({
      code: 'bad-problem',
      message: 'The problem has no gold answer, so nothing says which responses are right',
      expected: 'a problem with a gold answer',
      place,
      nextStep: 'Give the gold answer, leave the problem out, or set reward.verifier to 0.',
    })
  }
  const most = Math.min(recipe.maxTokens, config.maxPositions)
  const { length } = prompts(promptOf(task, problem)).ids
  if (length < most) return
  throw new StepscopeError({
    code: 'bad-problem',
    message: 'The problem leaves no room for a response',
    expected: `fewer than ${most} tokens`,
    found: `${length} tokens`,
    place,
    nextStep: 'Raise maxTokens, or leave the problem out.',
  })
}
