import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { ROW_FORMATS } from '../../formats/trl.ts'
import { LabelBalance } from '../../objectives/label-balance.ts'
import type { LossFunction, Metrics, Named } from '../../objectives/loss.ts'
import type { AnyRowObjective } from '../../objectives/registry.ts'
import type { RowKind, Rows } from '../../objectives/rows.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { evaluateItems } from '../train-step.ts'
import { DataOrder } from './data-order.ts'
import { RowEncoder } from './encode-rows.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import { openFrozen } from './frozen-model.ts'
import { inTurns } from './in-turns.ts'
import type { LivePolicy } from './live-policy.ts'
import type { RowMaker } from './make-rows.ts'
import { makeRecipeProblems, ROW_MAKERS } from './make-rows.ts'
import type { ModelInTraining } from './model-in-training.ts'
import type { DataFile, DataRecord, RowSet } from './run-rows.ts'
import { loadRows } from './run-rows.ts'
import type { RunStore } from './run-store.ts'
import type { Trainer } from './trainer.ts'
import { update } from './trainer.ts'

export interface TrainerContext {
  readonly trained: ModelInTraining
  readonly task: AnyTask
  readonly recipe: TrainingRecipe
  readonly data: DataFile | null
  readonly store: RunStore
  readonly reference: CheckpointFiles
  readonly maker: RowMaker
  /** Null for reward models. */
  readonly live: LivePolicy | null
}

/** Training on rows that are there before the first step. */
export async function offlineTrainer(context: TrainerContext, objective: AnyRowObjective): Promise<Trainer> {
  const { trained, task, recipe, maker } = context
  const encoder = new RowEncoder(trained, task, recipe.maxTokens)
  const { train, heldOut, record } = await readExamples(context, objective.rows, async (rows) => {
    const labelling = { labels: recipe.labels, balance: await balanceOf(rows, objective, recipe, maker.signal) }
    return (row, id) => objective.encode(encoder, row, id, labelling)
  })
  if (recipe.data.source === 'generated') {
    // Made rows are tried here, each once; those of a file were before the model was loaded.
    for (const set of [train, heldOut]) await inTurns(set.length, maker.signal, (index) => void set.items([index]))
  }
  const lossFunction = objective.loss(recipe.settings)
  const join = await joined(context, objective, lossFunction)
  return trainerOf(context, lossFunction, join(train), join(heldOut), record)
}

/** Examples by their numbers, tokenized when a step takes them: a large file is never held as tokens. */
interface Examples {
  readonly length: number
  load(indices: readonly number[]): Promise<readonly Named[]>
}

interface Encoded {
  readonly length: number
  items(indices: readonly number[]): Named[]
}

/** Counts the labels of a set of rows, where they are to be balanced. */
async function balanceOf(
  rows: RowSet<Rows[RowKind]>,
  objective: AnyRowObjective,
  { labels }: TrainingRecipe,
  signal: AbortSignal,
): Promise<LabelBalance | null> {
  if (objective.stepLabels === undefined || labels.balance === 'none') return null
  const balance = new LabelBalance(labels.balance)
  const count = (row: Rows[RowKind]) => {
    const labelled = objective.stepLabels?.(row, labels)
    if (labelled !== undefined) balance.add(labelled)
  }
  await inTurns(rows.length, signal, (index) => rows.item(index, count))
  return balance
}

/** The run's rows as examples. */
async function readExamples<Kind extends RowKind>(
  context: TrainerContext,
  kind: Kind,
  encoding: (rows: RowSet<Rows[Kind]>) => Promise<(row: Rows[Kind], id: string) => Named>,
): Promise<{ readonly train: Encoded; readonly heldOut: Encoded; readonly record: DataRecord }> {
  const { train, heldOut, record } = await loadRows<Rows[Kind]>(context, ROW_FORMATS[kind], ROW_MAKERS[kind])
  const encoded = async (rows: RowSet<Rows[Kind]>): Promise<Encoded> => {
    const encode = await encoding(rows)
    return { length: rows.length, items: (indices) => indices.map((index) => rows.item(index, encode)) }
  }
  return { train: await encoded(train), heldOut: await encoded(heldOut), record }
}

/** Examples as they are, or compared with what the reference model says of them, which is asked once of each. */
async function joined(
  { trained, reference }: TrainerContext,
  { comparison }: AnyRowObjective,
  lossFunction: LossFunction<Named, unknown>,
): Promise<(encoded: Encoded) => Examples> {
  if (comparison === null) return ({ length, items }) => ({ length, load: async (indices) => items(indices) })
  const frozen = await openFrozen(trained, reference)
  return ({ length, items }) => {
    const known = new Map<number, unknown>()
    return {
      length,
      load: async (indices) => {
        const fresh = indices.filter((index) => !known.has(index))
        const said = await evaluateItems(frozen, (plain: Named) => lossFunction.sequences(plain), items(fresh))
        fresh.forEach((index, at) => {
          known.set(index, comparison.keep((said[at] ?? []).map(({ logprobs }) => logprobs)))
        })
        return items(indices).map((plain, at) => comparison.join(plain, known.get(indices[at] as number)))
      },
    }
  }
}

async function trainerOf(
  { trained, task, recipe, live, maker }: TrainerContext,
  lossFunction: LossFunction<Named, unknown>,
  train: Examples,
  heldOut: Examples,
  data: DataRecord,
): Promise<Trainer> {
  const order = new DataOrder(train.length, recipe.batch, recipe.seed)
  const problems = live === null ? [] : await makeRecipeProblems(maker, 'held-out', recipe.evaluateProblems)
  const allHeldOut = Array.from({ length: heldOut.length }, (_, index) => index)
  return {
    data,
    plan: async (step) => ({
      updates: [update(trained.model, lossFunction, await train.load(order.indices(step)))],
      metrics: {},
    }),
    evaluate: async (_, signal) => {
      const metrics = await heldOutMetrics(trained, lossFunction, await heldOut.load(allHeldOut), signal)
      if (live === null) return { metrics, samples: [] }
      const judged = await evaluatePolicy(await live.refresh(), task, problems, recipe.seed, signal)
      return { metrics: { ...metrics, ...judged.metrics }, samples: judged.samples }
    },
  }
}

async function heldOutMetrics(
  { model }: ModelInTraining,
  lossFunction: LossFunction<Named, unknown>,
  items: readonly Named[],
  signal: AbortSignal,
): Promise<Metrics> {
  if (items.length === 0) return {}
  const total = items.reduce((sum, item) => sum + lossFunction.weight(item), 0)
  const said = await evaluateItems(model, (item: Named) => lossFunction.sequences(item), items, signal)
  const judged = items.map((item, index) => {
    const values = said[index] ?? []
    const gradients = values.map(({ logprobs, entropies, scores }) => ({
      logprobs: new Float32Array(logprobs.length),
      entropies: new Float32Array(entropies.length),
      scores: new Float32Array(scores.length),
    }))
    return lossFunction.evaluate(item, values, gradients, total)
  })
  const metrics = {
    loss: judged.reduce((sum, { loss }) => sum + loss, 0),
    ...lossFunction.metrics(judged.map(({ observation }) => observation)),
  }
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`eval/${name}`, value]))
}
