import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { dpo } from '../../objectives/dpo/loss.ts'
import { implicitProcessReward } from '../../objectives/implicit-process-reward/loss.ts'
import type { LossFunction, Metrics } from '../../objectives/loss.ts'
import { outcomeReward } from '../../objectives/outcome-reward/loss.ts'
import { processReward } from '../../objectives/process-reward/loss.ts'
import { rankedReward } from '../../objectives/ranked-reward/loss.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import { sft } from '../../objectives/sft/loss.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import type { Named } from '../train-step.ts'
import { evaluateItems } from '../train-step.ts'
import { DataOrder } from './data-order.ts'
import { RowEncoder } from './encode-rows.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import { openFrozen } from './frozen-model.ts'
import { inTurns } from './in-turns.ts'
import type { LivePolicy } from './live-policy.ts'
import type { RowMaker } from './make-rows.ts'
import { makePreferenceRows, makeRecipeProblems, makeSftRows, makeStepwiseRows, makeUnpairedRows } from './make-rows.ts'
import type { ModelInTraining } from './model-in-training.ts'
import type { RowKind } from './row-kinds.ts'
import { hardened, ROW_KINDS } from './row-kinds.ts'
import type { DataFile, DataRecord, MakeRows, RowSet } from './run-rows.ts'
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
export function offlineTrainer(context: TrainerContext): Promise<Trainer> {
  const { recipe } = context
  const { beta } = recipe.settings
  switch (recipe.objective) {
    case 'pretraining':
    case 'sft':
      return rowTrainer(context, ROW_KINDS[recipe.objective], makeSftRows, sft)
    case 'process-reward':
      return rowTrainer(
        context,
        recipe.labels.method === 'hard' ? hardened : ROW_KINDS['process-reward'],
        makeStepwiseRows,
        processReward,
      )
    case 'outcome-reward':
      return rowTrainer(context, ROW_KINDS['outcome-reward'], makeUnpairedRows, outcomeReward)
    case 'ranked-reward':
      return rowTrainer(context, ROW_KINDS['ranked-reward'], makePreferenceRows, rankedReward)
    case 'dpo':
      return comparedTrainer(context, ROW_KINDS.dpo, makePreferenceRows, {
        sequences: ({ chosen, rejected }) => [chosen, rejected],
        keep: ([chosen, rejected]) => ({ chosen: total(chosen), rejected: total(rejected) }),
        compare: (item, reference) => ({ ...item, reference }),
        lossFunction: dpo(recipe.settings),
      })
    case 'implicit-process-reward':
      return comparedTrainer(context, ROW_KINDS['implicit-process-reward'], makeUnpairedRows, {
        sequences: ({ sequence }) => [sequence],
        keep: ([logprobs = []]) => Float32Array.from(logprobs),
        compare: (item, referenceLogprobs) => ({ ...item, referenceLogprobs }),
        lossFunction: implicitProcessReward({ beta }),
      })
    default:
      throw new RangeError(`${recipe.objective} samples while it trains`)
  }
}

/** Examples by their numbers, tokenized when a step takes them: a large file is never held as tokens. */
interface Examples<Item> {
  readonly length: number
  load(indices: readonly number[]): Promise<readonly Item[]>
}

async function rowTrainer<Row extends object, Item extends Named, Observation>(
  context: TrainerContext,
  kind: RowKind<Row, Item>,
  make: MakeRows<Row>,
  lossFunction: LossFunction<Item, Observation>,
): Promise<Trainer> {
  const { train, heldOut, record } = await readExamples(context, kind, make)
  const loaded = ({ length, items }: Encoded<Item>) => ({
    length,
    load: async (which: readonly number[]) => items(which),
  })
  return trainerOf(context, lossFunction, loaded(train), loaded(heldOut), record)
}

/** How an example is compared with what a frozen model says of it. */
interface Comparison<Plain, Kept, Item, Observation> {
  sequences(plain: Plain): readonly TrainingSequence[]
  /** What is kept of the frozen model's log-probabilities, which do not change: as little as is needed. */
  keep(reference: readonly ArrayLike<number>[]): Kept
  compare(plain: Plain, kept: Kept): Item
  readonly lossFunction: LossFunction<Item, Observation>
}

/** As `rowTrainer`, for objectives that compare with the log-probabilities of a frozen model. */
async function comparedTrainer<Row extends object, Plain extends Named, Kept, Item extends Named, Observation>(
  context: TrainerContext,
  kind: RowKind<Row, Plain>,
  make: MakeRows<Row>,
  { sequences, keep, compare, lossFunction }: Comparison<Plain, Kept, Item, Observation>,
): Promise<Trainer> {
  const { train, heldOut, record } = await readExamples(context, kind, make)
  const frozen = await openFrozen(context.trained, context.reference)
  const compared = ({ length, items }: Encoded<Plain>): Examples<Item> => {
    const known = new Map<number, Kept>()
    return {
      length,
      load: async (indices) => {
        const fresh = indices.filter((index) => !known.has(index))
        const values = await evaluateItems(frozen, sequences, items(fresh))
        fresh.forEach((index, at) => {
          known.set(index, keep((values[at] ?? []).map(({ logprobs }) => logprobs)))
        })
        return items(indices).map((plain, at) => compare(plain, known.get(indices[at] as number) as Kept))
      },
    }
  }
  return trainerOf(context, lossFunction, compared(train), compared(heldOut), record)
}

interface Encoded<Item> {
  readonly length: number
  items(indices: readonly number[]): Item[]
}

/** The run's rows as examples. Made ones are tried here, each once; those of a file were before the model was loaded. */
async function readExamples<Row extends object, Item>(
  context: TrainerContext,
  { format, encode }: RowKind<Row, Item>,
  make: MakeRows<Row>,
): Promise<{ readonly train: Encoded<Item>; readonly heldOut: Encoded<Item>; readonly record: DataRecord }> {
  const { trained, task, recipe, maker } = context
  const { train, heldOut, record } = await loadRows(context, format, make)
  const encoder = new RowEncoder(trained, (step) => task.isFinal(step), recipe.maxTokens)
  const encoded = (rows: RowSet<Row>): Encoded<Item> => ({
    length: rows.length,
    items: (indices) => indices.map((index) => rows.item(index, (row, id) => encode(encoder, row, id))),
  })
  const found = { train: encoded(train), heldOut: encoded(heldOut), record }
  if (recipe.data.source === 'generated') {
    for (const set of [found.train, found.heldOut]) {
      await inTurns(set.length, maker.signal, (index) => void set.items([index]))
    }
  }
  return found
}

async function trainerOf<Item extends Named, Observation>(
  { trained, task, recipe, live, maker }: TrainerContext,
  lossFunction: LossFunction<Item, Observation>,
  train: Examples<Item>,
  heldOut: Examples<Item>,
  data: DataRecord,
): Promise<Trainer> {
  const order = new DataOrder(train.length, recipe.batch, recipe.seed)
  const problems = live === null ? [] : await makeRecipeProblems(maker, 'held-out', recipe.evaluateProblems)
  const held = Array.from({ length: heldOut.length }, (_, index) => index)
  return {
    data,
    plan: async (step) => ({
      updates: [update(trained.model, lossFunction, await train.load(order.indices(step)))],
      metrics: {},
    }),
    evaluate: async (_, signal) => {
      const metrics = await heldOutMetrics(trained, lossFunction, await heldOut.load(held), signal)
      if (live === null) return { metrics, samples: [] }
      const judged = await evaluatePolicy(await live.refresh(), task, problems, recipe.seed, signal)
      return { metrics: { ...metrics, ...judged.metrics }, samples: judged.samples }
    },
  }
}

async function heldOutMetrics<Item extends Named, Observation>(
  { model }: ModelInTraining,
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<Metrics> {
  if (items.length === 0) return {}
  const total = items.reduce((sum, item) => sum + lossFunction.weight(item), 0)
  const said = await evaluateItems(model, (item: Item) => lossFunction.sequences(item), items, signal)
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

function total(values: ArrayLike<number> | undefined): number {
  let sum = 0
  for (let index = 0; index < (values?.length ?? 0); index++) sum += values?.[index] ?? 0
  return sum
}
