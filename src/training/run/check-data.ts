import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { ROW_FORMATS } from '../../formats/trl.ts'
import { objectiveById } from '../../objectives/registry.ts'
import type { RowKind, Rows } from '../../objectives/rows.ts'
import { RowEncoder } from './encode-rows.ts'
import { inTurns } from './in-turns.ts'
import { readModelInTraining } from './model-in-training.ts'
import { recipeTask } from './recipe-task.ts'
import { readFileProblems } from './run-problems.ts'
import type { DataFile } from './run-rows.ts'
import { fileRows } from './run-rows.ts'

/** How many rows of a data file are trained on, and how many are held out. */
export interface RowCounts {
  readonly rows: number
  readonly heldOut: number
}

/**
 * Reads and tokenizes every row, or problem, of a data file as training will, without keeping any: the one look at a file, for the page
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
  const objective = objectiveById(recipe.objective)
  const trained = await readModelInTraining(model, recipe, signal)
  const task = recipeTask(recipe)
  if (objective.online) {
    const { record } = await readFileProblems({ task, recipe, data, signal }, trained)
    return { rows: record.rows, heldOut: record.heldOut }
  }
  const encoder = new RowEncoder(trained, task, recipe.maxTokens)
  const encode = (row: Rows[RowKind], id: string) =>
    objective.encode(encoder, row, id, { labels: recipe.labels, balance: null })
  return checkRows(objective.rows, encode, data, signal, report)
}

async function checkRows<Kind extends RowKind>(
  kind: Kind,
  encode: (row: Rows[Kind], id: string) => unknown,
  data: DataFile,
  signal: AbortSignal,
  report: (done: number, total: number) => void,
): Promise<RowCounts> {
  const { train, heldOut, all } = fileRows<Rows[Kind]>(ROW_FORMATS[kind], data)
  const look = (index: number) => void all.item(index, encode)
  await inTurns(all.length, signal, look, (done) => report(done, all.length))
  return { rows: train.length, heldOut: heldOut.length }
}
