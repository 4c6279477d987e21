import type { ErrorDetails } from '../../core/errors.ts'
import type { RunSetup } from '../../search/events.ts'
import type { RunId, RunStatus } from './runs-state.ts'

/** A saved run as listed. */
export interface RunSummary {
  readonly id: RunId
  readonly title: string
  /** `completions`: asked for in the inspector to estimate a step's worth. */
  readonly purpose: 'search' | 'completions'
  readonly createdAt: string
  readonly updatedAt: string
  readonly status: RunStatus
  readonly setup: RunSetup
  readonly events: number
  readonly answer: string | null
  readonly correct: boolean | null
  /** It, or its newest part, is not saved in this browser: it is in this page alone. */
  readonly unsaved: boolean
}

export interface HistoryState {
  /** `unavailable`: this browser refuses storage (private mode, no space); the app goes on without. */
  readonly status: 'loading' | 'ready' | 'unavailable'
  readonly error: ErrorDetails | null
  /** Newest first; those that match `query`. */
  readonly runs: readonly RunSummary[]
  readonly query: string
}

export interface HistoryActions {
  search(query: string): void
  open(run: RunId): Promise<void>
  /** Removes it from the list; a notice offers undo. */
  remove(run: RunId): Promise<void>
  refresh(): Promise<void>
}
