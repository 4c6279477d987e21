import type { SequenceGradients, SequenceValues, TrainingSequence } from './sequence.ts'

/** Names and values of a training step's metrics, as TRL calls them. */
export type Metrics = Readonly<Record<string, number>>

/** An example that can be named in messages. */
export interface Named {
  readonly id: string
}

/** What a loss needs of the model at each head. */
export interface ReadoutNeeds {
  /** Log-probabilities of targets, entropies and hits. */
  readonly logprobs: boolean
  readonly scores: boolean
}

/**
 * A loss over items of a batch: plain arithmetic in float64 on what the model said, no device. The loss of a batch is the
 * sum of its items' shares, so a batch cut into micro-batches has the same loss and the same gradients.
 * @typeParam Item one example: a sequence, a pair, a rollout with its advantages
 * @typeParam Observation what the batch's metrics are made of
 */
export interface LossFunction<Item, Observation> {
  readonly name: string
  readonly needs: ReadoutNeeds
  /** The item's sequences; `evaluate` gets their values in this order. */
  sequences(item: Item): readonly TrainingSequence[]
  /**
   * The item's part of the batch's mean, e.g. its number of completion tokens. Asked before the model is, so it is here
   * that an item is checked.
   * @throws StepscopeError `bad-problem` naming the item and what of it cannot be learned from
   */
  weight(item: Item): number
  /**
   * What is observed of an item whose loss and gradients are zero whatever the model says, which then is not run; null of
   * all others. Its weight counts.
   */
  idle?(item: Item): Observation | null
  /**
   * The item's share of the loss. Fills in dShare / dValue.
   * @param total sum of the weights of all items in the batch
   */
  evaluate(
    item: Item,
    values: readonly SequenceValues[],
    gradients: readonly SequenceGradients[],
    total: number,
  ): { readonly loss: number; readonly observation: Observation }
  /** Metrics of a batch besides loss and grad_norm. */
  metrics(observations: readonly Observation[]): Metrics
}
