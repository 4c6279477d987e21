import type { TrainingRecipe } from '../formats/training-recipe.ts'
import type { Metrics } from '../objectives/loss.ts'

/** A response of the model while it learns. */
export interface TrainingSample {
  readonly problem: string
  readonly response: string
  /** The verifier's word; null where there is none. */
  readonly correct: boolean | null
}

/** Metrics of a step as the charts show them. */
export interface HistoryEntry {
  readonly step: number
  readonly metrics: Metrics
}

/** What a run tells while it goes: plain data. Times are of this machine. */
export type TrainingEvent =
  | {
      readonly type: 'started'
      readonly recipe: TrainingRecipe
      /** The first step to come: above 1 where the run goes on from a save. */
      readonly step: number
      readonly trainedWeights: number
      readonly adapter: string
      /** Bytes on the device by purpose, all there will be. */
      readonly bytes: Readonly<Record<string, number>>
      /** Of the steps before, where the run goes on from a save. */
      readonly history: readonly HistoryEntry[]
    }
  /** A save that is not whole, and why; the run goes on from an older one. */
  | { readonly type: 'skipped'; readonly step: number; readonly reason: string; readonly from: number }
  /** Work besides steps, e.g. sampling or labelling the data. */
  | { readonly type: 'phase'; readonly name: string; readonly done: number; readonly total: number }
  | {
      readonly type: 'step'
      readonly step: number
      readonly metrics: Metrics
      readonly learningRate: number
      /** Tokens trained on, and seconds, of this step. */
      readonly tokens: number
      readonly seconds: number
    }
  | {
      readonly type: 'evaluated'
      readonly step: number
      readonly metrics: Metrics
      readonly samples: readonly TrainingSample[]
    }
  | { readonly type: 'saved'; readonly step: number }
  | { readonly type: 'finished'; readonly step: number }
