import type { Backend } from '../../compute/backend.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { RewardFiles } from './load-reward.ts'
import type { DataFile } from './run-rows.ts'
import type { RunStore } from './run-store.ts'

/** What a training run works with; the recipe says what to do with it. */
export interface TrainingContext {
  readonly backend: Backend
  /** Hugging Face folder of the model to train, as it is before training. */
  readonly model: CheckpointFiles
  /** The frozen model to compare with; null for the model before training. */
  readonly reference: CheckpointFiles | null
  /** Null where no reward comes from one. */
  readonly rewardModel: RewardFiles | null
  /** The data file's name and text, where the data comes from one. */
  readonly data: DataFile | null
  readonly store: RunStore
  readonly signal: AbortSignal
  /** Called between steps: resolves when the run may go on. */
  readonly gate: () => Promise<void>
  /** Milliseconds, for durations. */
  readonly clock: () => number
}
