import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint-files.ts'
import { openWeights } from '../../engine/checkpoint-weights.ts'
import type { RowFormat } from '../../formats/json-lines.ts'
import { readRows, writeRows } from '../../formats/json-lines.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { StepwiseRow } from '../../formats/trl.ts'
import { PREFERENCE_FORMAT, SFT_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from '../../formats/trl.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import type { Metrics, Objective } from '../objective.ts'
import { dpo } from '../objectives/dpo.ts'
import { implicitProcessReward } from '../objectives/implicit-process-reward.ts'
import { outcomeReward } from '../objectives/outcome-reward.ts'
import { processReward } from '../objectives/process-reward.ts'
import { rankedReward } from '../objectives/ranked-reward.ts'
import { sft } from '../objectives/sft.ts'
import type { TrainingSequence } from '../sequence.ts'
import type { Named } from '../train-step.ts'
import { evaluateItems } from '../train-step.ts'
import type { Course } from './course.ts'
import { update } from './course.ts'
import { DataOrder } from './data-order.ts'
import { RowEncoder } from './encode-rows.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import type { LivePolicy } from './live-policy.ts'
import type { RowMaker } from './make-rows.ts'
import { makePreferenceRows, makeSftRows, makeStepwiseRows, makeUnpairedRows, recipeProblems } from './make-rows.ts'
import type { RunStore } from './run-store.ts'
import type { Subject } from './subject.ts'

/** Made data is kept with the run, so that going on does not make it again. */
const DATA_FILE = 'data.jsonl'
const HELD_OUT_FILE = 'held-out.jsonl'
/** Of a data file, one row in so many is held out for evaluation, at most so many. */
const HELD_OUT_ONE_IN = 10
const MOST_HELD_OUT = 200

export interface CourseContext {
  readonly subject: Subject
  readonly task: AnyTask
  readonly recipe: TrainingRecipe
  readonly data: { readonly name: string; readonly text: string } | null
  readonly store: RunStore
  readonly reference: CheckpointFiles
  readonly maker: RowMaker
  /** Null for reward models. */
  readonly live: LivePolicy | null
}

/** Training on rows that are there before the first step. */
export function offlineCourse(context: CourseContext): Promise<Course> {
  const { subject, task, recipe } = context
  const encoder = new RowEncoder(subject, (step) => task.isFinal(step), recipe.maxTokens)
  const { beta } = recipe.settings
  switch (recipe.objective) {
    case 'pretraining':
      return rowCourse(context, SFT_FORMAT, makeSftRows, (row, id) => encoder.whole(row, id), sft)
    case 'sft':
      return rowCourse(context, SFT_FORMAT, makeSftRows, (row, id) => encoder.sft(row, id), sft)
    case 'process-reward':
      return rowCourse(
        context,
        STEPWISE_FORMAT,
        makeStepwiseRows,
        (row, id) => encoder.stepwise(recipe.labels.method === 'hard' ? hardened(row) : row, id),
        processReward,
      )
    case 'outcome-reward':
      return rowCourse(context, UNPAIRED_FORMAT, makeUnpairedRows, (row, id) => encoder.outcome(row, id), outcomeReward)
    case 'ranked-reward':
      return rowCourse(
        context,
        PREFERENCE_FORMAT,
        makePreferenceRows,
        (row, id) => encoder.ranked(row, id),
        rankedReward,
      )
    case 'dpo':
      return comparedCourse(
        context,
        PREFERENCE_FORMAT,
        makePreferenceRows,
        (row, id) => encoder.preference(row, id),
        ({ chosen, rejected }) => [chosen, rejected],
        (item, [chosen, rejected]) => ({ ...item, reference: { chosen: total(chosen), rejected: total(rejected) } }),
        dpo(recipe.settings),
      )
    case 'implicit-process-reward':
      return comparedCourse(
        context,
        UNPAIRED_FORMAT,
        makeUnpairedRows,
        ({ prompt, completion, label }, id) => ({
          id,
          sequence: encoder.completion(id, prompt, completion),
          label: label ? 1 : 0,
        }),
        ({ sequence }) => [sequence],
        (item, [referenceLogprobs = []]) => ({ ...item, referenceLogprobs }),
        implicitProcessReward({ beta }),
      )
    default:
      throw new RangeError(`${recipe.objective} samples while it trains`)
  }
}

type MakeRows<Row> = (maker: RowMaker, split: 'train' | 'held-out', count: number) => Promise<Row[]>

async function rowCourse<Row extends object, Item extends Named, Observation>(
  context: CourseContext,
  format: RowFormat<Row>,
  make: MakeRows<Row>,
  encode: (row: Row, id: string) => Item,
  objective: Objective<Item, Observation>,
): Promise<Course> {
  const { train, heldOut } = await loadRows(context, format, make)
  const items = train.map((row, index) => encode(row, rowName(context, index)))
  const held = heldOut.map((row, index) => encode(row, `held out ${index + 1}`))
  return courseOf(context, objective, items.length, async (indices) => indices.map((index) => items[index] as Item), {
    items: held,
    objective,
  })
}

/** As `rowCourse`, for objectives that compare with the log-probabilities of a frozen model. */
async function comparedCourse<Row extends object, Encoded, Item extends Named, Observation>(
  context: CourseContext,
  format: RowFormat<Row>,
  make: MakeRows<Row>,
  encode: (row: Row, id: string) => Encoded,
  sequences: (encoded: Encoded) => readonly TrainingSequence[],
  compare: (encoded: Encoded, reference: readonly ArrayLike<number>[]) => Item,
  objective: Objective<Item, Observation>,
): Promise<Course> {
  const { train } = await loadRows(context, format, make)
  const encoded = train.map((row, index) => encode(row, rowName(context, index)))
  const { model } = context.subject
  const graph = await model.createReference(await openWeights(context.reference))
  const frozen = { labels: 0, limits: model.limits, forward: graph.forward.bind(graph) }
  const known = new Map<number, Item>()
  const load = async (indices: readonly number[]) => {
    const fresh = indices.filter((index) => !known.has(index))
    const values = await evaluateItems(
      frozen,
      sequences,
      fresh.map((index) => encoded[index] as Encoded),
    )
    fresh.forEach((index, at) => {
      const reference = (values[at] ?? []).map(({ logprobs }) => logprobs)
      known.set(index, compare(encoded[index] as Encoded, reference))
    })
    return indices.map((index) => known.get(index) as Item)
  }
  return courseOf(context, objective, encoded.length, load, null)
}

function courseOf<Item extends Named, Observation>(
  { subject, task, recipe, live }: CourseContext,
  objective: Objective<Item, Observation>,
  count: number,
  load: (indices: readonly number[]) => Promise<readonly Item[]>,
  held: { readonly items: readonly Item[]; readonly objective: Objective<Item, Observation> } | null,
): Course {
  const order = new DataOrder(count, recipe.batch, recipe.seed)
  const problems = live === null ? [] : recipeProblems(task, recipe, 'held-out', recipe.evaluateProblems)
  return {
    plan: async (step) => ({
      updates: [update(subject.model, objective, await load(order.indices(step)))],
      metrics: {},
    }),
    evaluate: async (_, signal) => {
      const metrics = held === null ? {} : await heldOutMetrics(subject, held.objective, held.items, signal)
      if (live === null) return { metrics, samples: [] }
      const judged = await evaluatePolicy(await live.refresh(), task, problems, recipe.seed, signal)
      return { metrics: { ...metrics, ...judged.metrics }, samples: judged.samples }
    },
  }
}

async function heldOutMetrics<Item extends Named, Observation>(
  { model }: Subject,
  objective: Objective<Item, Observation>,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<Metrics> {
  if (items.length === 0) return {}
  const total = items.reduce((sum, item) => sum + objective.weight(item), 0)
  const said = await evaluateItems(model, (item: Item) => objective.sequences(item), items, signal)
  const judged = items.map((item, index) => {
    const values = said[index] ?? []
    const gradients = values.map(({ logprobs, entropies, scores }) => ({
      logprobs: new Float32Array(logprobs.length),
      entropies: new Float32Array(entropies.length),
      scores: new Float32Array(scores.length),
    }))
    return objective.evaluate(item, values, gradients, total)
  })
  const metrics = {
    loss: judged.reduce((sum, { loss }) => sum + loss, 0),
    ...objective.metrics(judged.map(({ observation }) => observation)),
  }
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`eval/${name}`, value]))
}

/** Rows from the recipe's file, or made once and kept with the run. */
async function loadRows<Row extends object>(
  { recipe, data, store, maker }: CourseContext,
  format: RowFormat<Row>,
  make: MakeRows<Row>,
): Promise<{ readonly train: readonly Row[]; readonly heldOut: readonly Row[] }> {
  if (recipe.data.source === 'file') {
    if (data === null) throw missingFile(recipe.data.file)
    const rows = readRows(format, data.text, data.name)
    const held = Math.min(MOST_HELD_OUT, Math.floor(rows.length / HELD_OUT_ONE_IN))
    return { train: rows.slice(0, rows.length - held), heldOut: rows.slice(rows.length - held) }
  }
  const kept = await store.read(HELD_OUT_FILE)
  const keptTrain = kept === null ? null : await store.read(DATA_FILE)
  if (kept !== null && keptTrain !== null) {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
    const heldText = text(kept)
    return {
      train: readRows(format, text(keptTrain), DATA_FILE),
      heldOut: heldText.trim() === '' ? [] : readRows(format, heldText, HELD_OUT_FILE),
    }
  }
  const train = await make(maker, 'train', recipe.data.problems)
  const heldOut = recipe.evaluateProblems === 0 ? [] : await make(maker, 'held-out', recipe.evaluateProblems)
  if (train.length === 0) throw nothingMade()
  // The second file's being there says that both are whole.
  await store.write(DATA_FILE, new TextEncoder().encode(writeRows(train)))
  await store.write(HELD_OUT_FILE, new TextEncoder().encode(writeRows(heldOut)))
  return { train, heldOut }
}

/** Soft labels of a file as hard ones: any right completion makes a step right. */
function hardened(row: StepwiseRow): StepwiseRow {
  return { ...row, labels: row.labels.map((label) => Number(label) > 0) }
}

function rowName({ data }: CourseContext, index: number): string {
  return data === null ? `${index + 1}` : `${data.name}, row ${index + 1}`
}

function missingFile(file: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'The data file is not there',
    place: { file, field: 'data.file' },
    nextStep: 'Choose the file again, or generate the data.',
  })
}

function nothingMade(): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: 'Nothing to train on came of the problems',
    expected: 'at least one example',
    found: 'none: the samples of each problem are all right, or all wrong',
    place: { field: 'data.problems' },
    nextStep: 'Take more or other problems, or more samples of each.',
  })
}

function total(values: ArrayLike<number> | undefined): number {
  let sum = 0
  for (let index = 0; index < (values?.length ?? 0); index++) sum += values?.[index] ?? 0
  return sum
}
