import type { AdamwSettings } from '../compute/kernels/adamw/adamw-settings.ts'
import { StepscopeError } from '../core/errors.ts'
import type { LossFunction, Metrics, Named } from '../objectives/loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../objectives/sequence.ts'
import { checkOutputs } from '../search/read-out.ts'
import type { BatchLimits, PackedBatch } from './model/packed-batch.ts'
import { gradientsPerSequence, packBatch, perSequence } from './model/packed-batch.ts'
import type { TrainableModel } from './model/trainable-model.ts'

/** Items that one pass holds, and their sequences in the pass's order. */
interface MicroBatch<Item> {
  readonly items: readonly { readonly item: Item; readonly first: number; readonly count: number }[]
  readonly batch: PackedBatch
}

/**
 * Sums the gradients of a batch in the model, cut into as many passes as it takes.
 * @returns the loss and the objective's metrics
 * @throws StepscopeError `bad-setting` where an item is too large for a pass; `bad-checkpoint` naming an item of which the
 * model says something that is no number, `bad-problem` one whose loss is none. The weights are as they were.
 */
export async function accumulateGradients<Item extends Named, Observation>(
  model: TrainableModel,
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
  signal?: AbortSignal,
): Promise<{ readonly loss: number; readonly metrics: Metrics }> {
  const total = items.reduce((sum, item) => sum + lossFunction.weight(item), 0)
  const observations: Observation[] = []
  const run = items.filter((item) => {
    const observation = lossFunction.idle?.(item) ?? null
    if (observation !== null) observations.push(observation)
    return observation === null
  })
  let loss = 0
  await model.zeroGradients()
  for (const { items: packed, batch } of microBatches(lossFunction, run, model.limits)) {
    signal?.throwIfAborted()
    const said = await readPass(model, { items: packed, batch })
    const gradients = emptyGradients(batch, lossFunction, model.labels)
    const slopes = gradientsPerSequence(batch, gradients, model.labels)
    for (const { item, first, count } of packed) {
      const range = [first, first + count] as const
      const result = lossFunction.evaluate(item, said.slice(...range), slopes.slice(...range), total)
      if (!Number.isFinite(result.loss)) throw lossWithoutValue(item, result.loss)
      loss += result.loss
      observations.push(result.observation)
    }
    await model.backward(batch, gradients)
  }
  return { loss, metrics: lossFunction.metrics(observations) }
}

/**
 * One optimizer step over a batch. A batch that teaches nothing, so that every gradient is exactly 0, changes nothing: neither
 * weights nor moments, whatever decay and momentum would do; its `grad_norm` is 0, and it counts as no step.
 * @param step from 1 on
 * @returns `loss`, `grad_norm` (before clipping) and the objective's metrics
 * @throws StepscopeError as `accumulateGradients`, and where the gradients are no numbers; the weights are as they were
 */
export async function trainStep<Item extends Named, Observation>(
  model: TrainableModel,
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
  settings: AdamwSettings,
  step: number,
  signal?: AbortSignal,
): Promise<Metrics> {
  const { loss, metrics } = await accumulateGradients(model, lossFunction, items, signal)
  const norm = await model.gradientNorm(settings, step)
  if (!Number.isFinite(norm)) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: `The gradients of step ${step} are not finite`,
      expected: 'a finite norm',
      found: String(norm),
      nextStep: 'Go back to the last save and lower the learning rate, or clip gradients lower.',
    })
  }
  if (norm > 0) await model.update()
  return { loss, grad_norm: norm, ...metrics }
}

/** A model as far as it is asked and not trained. */
export interface ReadableModel {
  /** What it is called in an error. */
  readonly title?: string
  readonly labels: number
  readonly limits: BatchLimits
  forward(batch: PackedBatch): Promise<SequenceValues>
}

/**
 * What the model says at the readouts of a pass, one entry a sequence.
 * @throws StepscopeError `bad-checkpoint` naming the example of which it says something that is no number
 */
async function readPass(model: ReadableModel, { items, batch }: MicroBatch<Named>): Promise<SequenceValues[]> {
  const said = perSequence(batch, await model.forward(batch), model.labels)
  for (const { item, first, count } of items) {
    for (const { logprobs, entropies, scores } of said.slice(first, first + count)) {
      checkOutputs(scores, 'score', `example ${item.id}`, model.title)
      checkOutputs(logprobs, 'log-probability', `example ${item.id}`, model.title)
      checkOutputs(entropies, 'entropy', `example ${item.id}`, model.title)
    }
  }
  return said
}

/**
 * What the model says of an item's sequences, without training: one array for each item.
 * @throws StepscopeError `bad-checkpoint` as `accumulateGradients`
 */
export async function evaluateItems<Item extends Named>(
  model: ReadableModel,
  sequencesOf: (item: Item) => readonly TrainingSequence[],
  items: readonly Item[],
  signal?: AbortSignal,
): Promise<SequenceValues[][]> {
  const found: SequenceValues[][] = []
  for (const { items: packed, batch } of microBatches({ sequences: sequencesOf }, items, model.limits)) {
    signal?.throwIfAborted()
    const said = await readPass(model, { items: packed, batch })
    for (const { first, count } of packed) found.push(said.slice(first, first + count))
  }
  return found
}

/** Takes items in their order while they fit one pass. An item's sequences stay together. */
function* microBatches<Item>(
  { sequences: sequencesOf }: Pick<LossFunction<Item, unknown>, 'sequences'>,
  items: readonly Item[],
  limits: BatchLimits,
): Generator<MicroBatch<Item>> {
  let packed: MicroBatch<Item>['items'][number][] = []
  let sequences: TrainingSequence[] = []
  let rows = 0
  let readouts = 0
  for (const item of items) {
    const own = sequencesOf(item)
    const ownRows = own.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
    const ownReadouts = own.reduce((sum, sequence) => sum + sequence.readouts.length, 0)
    if (packed.length > 0 && (rows + ownRows > limits.maxRows || readouts + ownReadouts > limits.maxReadouts)) {
      yield { items: packed, batch: packBatch(sequences, limits) }
      packed = []
      sequences = []
      rows = 0
      readouts = 0
    }
    packed.push({ item, first: sequences.length, count: own.length })
    sequences.push(...own)
    rows += ownRows
    readouts += ownReadouts
  }
  if (packed.length > 0) yield { items: packed, batch: packBatch(sequences, limits) }
}

function emptyGradients(
  { readoutCount }: PackedBatch,
  { needs }: Pick<LossFunction<unknown, unknown>, 'needs'>,
  labels: number,
): SequenceGradients {
  const count = needs.logprobs ? readoutCount : 0
  return {
    logprobs: new Float32Array(count),
    entropies: new Float32Array(count),
    scores: new Float32Array(needs.scores ? readoutCount * labels : 0),
  }
}

function lossWithoutValue({ id }: Named, loss: number): StepscopeError {
  return new StepscopeError({
    code: 'bad-problem',
    message: 'The loss of this example is no number',
    place: { field: `example ${id}` },
    expected: 'a finite loss',
    found: String(loss),
    nextStep: 'Look at the example; if it is fine, go back to the last save and lower the learning rate.',
  })
}
