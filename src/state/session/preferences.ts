import type { ChainShown } from '../../formats/permalink.ts'
import type { Aggregation } from '../../search/models.ts'

export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark'
  /** Show the task's exact labels. Off at first, so that a class can guess. */
  readonly revealTruth: boolean
  /** New events move the picture to where they happen. */
  readonly follow: boolean
  readonly motion: 'system' | 'reduced' | 'full'
  /** Aggregation shown beside the run's own; null is the run's own. */
  readonly aggregation: Aggregation | null
  /** How many times as fast as `eventDelays` the playhead goes. */
  readonly pace: number
  /** In place of the tree what a user of a hosted model sees of a response, its chain hidden or shown beside it. */
  readonly chain: ChainShown
}

export interface PreferencesActions {
  set(change: Partial<Preferences>): void
}
