import type { TokenReward } from './advantages.ts'
import type { SequenceValues, TrainingSequence } from './sequence.ts'

/** A response of the model in training, sampled in this step. */
export interface Rollout {
  readonly id: string
  /** Names its problem. */
  readonly group: string
  readonly sequence: TrainingSequence
  /** As it was sampled, per completion token. */
  readonly logprobs: readonly number[]
  /** Whether the verifier accepts its answer. */
  readonly right: boolean
  readonly reward: {
    readonly total: number
    /** By completion token: the outcome's part at the last one, each step's at its end. */
    readonly byToken: readonly TokenReward[]
  }
}

/** What an online objective makes its examples of, besides the rollouts. */
export interface RolloutContext<Settings> {
  readonly settings: Settings
  /** Whether steps are rewarded, not only whole responses. */
  readonly stepRewards: boolean
  /** log π_ref per completion token of each rollout; null where the objective compares with no reference model. */
  readonly reference: readonly ArrayLike<number>[] | null
  /** What the model in training says of each rollout now. */
  read(): Promise<readonly SequenceValues[]>
}
