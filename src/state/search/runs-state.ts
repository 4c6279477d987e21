import type { ReadableFile } from '../../core/chosen-file.ts'
import type { ErrorDetails } from '../../core/errors.ts'
import type { NodeId, RunSetup, SearchEvent } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import type { ExactLabel } from '../../tasks/task.ts'
import type { Measured } from '../../worker/protocol.ts'

// Screens see neither the worker nor the formats; these are the names of theirs that they need.
export type { Measured } from '../../worker/protocol.ts'

export type RunId = string

/** Where a run comes from: the run, and the node and event that were selected in it. */
export interface RunParent {
  readonly run: RunId
  readonly node: NodeId
  /** Number of events applied when it branched off. */
  readonly event: number
}

/** `interrupted`: the page was closed, or crashed, while it ran. */
export type RunStatus = 'running' | 'paused' | 'finished' | 'cancelled' | 'failed' | 'interrupted'

/** `live`: made by this page; `saved`: from the list; `file`: opened from a file; `sample`: the recorded first visit. */
export type RunSource = 'live' | 'saved' | 'file' | 'sample'

/** One open run and its playhead. */
export interface RunView {
  readonly id: RunId
  readonly title: string
  readonly setup: RunSetup
  readonly source: RunSource
  readonly status: RunStatus
  readonly error: ErrorDetails | null
  /** Why its newest part is not saved in this browser; null where it is, or will be in a moment. */
  readonly unsaved: ErrorDetails | null
  /** Every event so far; grows while live. */
  readonly events: readonly SearchEvent[]
  readonly measured: Measured
  readonly createdAt: string
  readonly parent: RunParent | null
  /** Events applied in `tree`: 0 … events.length. */
  readonly cursor: number
  /** The tree after `cursor` events. */
  readonly tree: SearchTree
  /** The cursor moves with the newest event. Stepping back switches it off, and never stops the run. */
  readonly following: boolean
  /** The playhead moves by itself. */
  readonly playing: boolean
  readonly selected: NodeId | null
  /** Exact labels of the nodes seen so far; filled while truth is revealed. */
  readonly labels: Readonly<Record<NodeId, ExactLabel>>
}

export interface RunsState {
  readonly byId: Readonly<Record<RunId, RunView>>
  /** The run in the playground. */
  readonly active: RunId | null
  /** Titles of runs that were asked for and wait until the models are loaded, oldest first. */
  readonly waiting: readonly string[]
}

export interface RunsActions {
  /** Runs the session live and makes it the active run. `paused`: stands before its first event. */
  start(options?: { readonly paused?: boolean }): Promise<RunId | null>
  /** Starts a run again with the same setup (for one that was interrupted, or the sample). */
  startAgain(run: RunId, options?: { readonly anotherSeed?: boolean }): Promise<RunId | null>
  /** What waits for the models is not run when they are loaded. */
  stopWaiting(): void
  /** The generator itself stops before its next event, resumes, makes exactly one event, is cancelled. */
  pause(run: RunId): void
  resume(run: RunId): void
  stepLive(run: RunId): void
  cancel(run: RunId): void

  activate(run: RunId): void
  close(run: RunId): void
  select(run: RunId, node: NodeId | null): void

  /** The playhead. `play` at the end starts from the beginning, or follows a run that is still live. */
  play(run: RunId): void
  stop(run: RunId): void
  /** Moves the playhead by whole events; forward at the end of a paused live run makes one more event. */
  stepBy(run: RunId, events: number): void
  seek(run: RunId, cursor: number): void
  /** To the first event of the next (+1) or previous (−1) round, or of a given one. */
  stepRound(run: RunId, direction: 1 | -1): void
  seekRound(run: RunId, round: number): void
  followLive(run: RunId): void

  /** A new run after `path` (lines), linked to its parent, made active. */
  continueFrom(run: RunId, node: NodeId): Promise<RunId | null>
  exportFile(run: RunId): { readonly name: string; readonly text: string } | null
  /** Opens a run file, or its text; a bad one becomes an error notice and the app goes on. */
  importFile(name: string, file: string | ReadableFile): Promise<RunId | null>
  rename(run: RunId, title: string): Promise<void>
}
