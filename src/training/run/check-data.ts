import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { RowEncoder } from './encode-rows.ts'
import { inTurns } from './in-turns.ts'
import { readModelInTraining } from './model-in-training.ts'
import { recipeTask } from './recipe-task.ts'
import type { RowKind } from './row-kinds.ts'
import { hasRows, ROW_KINDS } from './row-kinds.ts'
import type { DataFile } from './run-rows.ts'
import { fileRows } from './run-rows.ts'

/** How many rows of a data file are trained on, and how many are held out. */
export interface RowCounts {
  readonly rows: number
  readonly heldOut: number
}

/**
 * Reads and tokenizes every row of a data file as training will, without keeping any: the one look at a file, for the page
 * when it is chosen and for a run before its model is loaded.
 * @param model Hugging Face folder of the model to train; its weights are not read
 * @param report told how many rows were looked at, of all
 * @throws StepscopeError naming file, line (empty ones count) and field of the first row that cannot be learned from
 */
export async function checkDataFile(
  model: CheckpointFiles,
  recipe: TrainingRecipe,
  data: DataFile,
  signal: AbortSignal,
  report: (done: number, total: number) => void = () => {},
): Promise<RowCounts> {
  const { objective } = recipe
  if (!hasRows(objective)) throw noFile(objective)
  const trained = await readModelInTraining(model, recipe, signal)
  const task = recipeTask(recipe)
  const encoder = new RowEncoder(trained, (step) => task.isFinal(step), recipe.maxTokens)
  return checkRows(ROW_KINDS[objective] as RowKind<unknown, unknown>, encoder, data, signal, report)
}

/** @throws StepscopeError where the objective samples from the model and takes no file */
export function noFile(objective: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: `${objective} samples from the model and takes no file of examples`,
    expected: 'generated problems',
    found: 'a data file',
    place: { field: 'data.source' },
    nextStep: 'Choose generated problems.',
  })
}

async function checkRows<Row, Item>(
  { format, encode }: RowKind<Row, Item>,
  encoder: RowEncoder,
  data: DataFile,
  signal: AbortSignal,
  report: (done: number, total: number) => void,
): Promise<RowCounts> {
  const { train, heldOut, all } = fileRows(format, data)
  const look = (index: number) => void all.item(index, (row, id) => encode(encoder, row, id))
  await inTurns(all.length, signal, look, (done) => report(done, all.length))
  return { rows: train.length, heldOut: heldOut.length }
}
