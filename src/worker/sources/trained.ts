import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { AnySource, ModelProvider } from './model-provider.ts'

/** The last save of a training run on this device. */
export interface TrainedSource<Base extends AnySource> {
  readonly kind: 'trained'
  /** Of the training run. */
  readonly id: string
  /** The last save, as the page knows it: another one is another model. */
  readonly step: number
  /** The model before training, from which what was not trained is taken. */
  readonly base: Base
}

export function trainedProvider<Base extends AnySource>(
  open: (source: TrainedSource<Base>, signal: AbortSignal) => Promise<CheckpointFiles>,
): ModelProvider<TrainedSource<Base>> {
  return {
    open: async (source, signal) => ({ files: await open(source, signal), release: () => {} }),
    identify: ({ kind, id, step }) => [kind, id, step],
  }
}
