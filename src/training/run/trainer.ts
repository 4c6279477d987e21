import type { AdamwSettings } from '../../compute/kernels/adamw/adamw-settings.ts'
import type { LossFunction, Metrics, Named } from '../../objectives/loss.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import type { TrainableModel } from '../model/trainable-model.ts'
import type { TrainingSample } from '../run-events.ts'
import { trainStep } from '../train-step.ts'
import type { DataRecord } from './run-rows.ts'

/** One optimizer update of a step. */
export interface Update {
  /** Tokens trained on. */
  readonly tokens: number
  run(settings: AdamwSettings, number: number, signal: AbortSignal): Promise<Metrics>
}

/** What a step is made of. */
export interface StepPlan {
  readonly updates: readonly Update[]
  /** Of the step as a whole, beside those of its updates. */
  readonly metrics: Metrics
}

/**
 * What a run trains on. Everything is a function of the recipe and the number of the step (from 1), the weights aside, so
 * that a run that goes on from a save does what it would have done.
 */
export interface Trainer {
  /** What rows it trains on; null where it samples while it trains. */
  readonly data: DataRecord | null
  plan(step: number, signal: AbortSignal): Promise<StepPlan>
  /** How good the model is, on problems that nothing is trained on. */
  evaluate(
    step: number,
    signal: AbortSignal,
  ): Promise<{ readonly metrics: Metrics; readonly samples: readonly TrainingSample[] }>
}

export function update<Item extends Named, Observation>(
  model: TrainableModel,
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
): Update {
  return {
    tokens: items.reduce((sum, item) => sum + countTokens(lossFunction.sequences(item)), 0),
    run: (settings, number, signal) => trainStep(model, lossFunction, items, settings, number, signal),
  }
}

function countTokens(sequences: readonly TrainingSequence[]): number {
  return sequences.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
}
