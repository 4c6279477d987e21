import type { AppStorage } from '../storage/storage.ts'
import type { TabOwner } from '../storage/tab-owner.ts'
import type { WorkerClient } from '../worker/client.ts'

/** All that the store needs from its surroundings; tests pass their own. */
export interface AppDependencies {
  readonly client: WorkerClient
  /** Rejects with a StepscopeError where the browser refuses. */
  readonly openStorage: () => Promise<AppStorage>
  readonly claimTab: () => Promise<TabOwner>
  /** Text of a file of the app, by its path below the app's root. */
  readonly fetchText: (path: string) => Promise<string>
  readonly appVersion: string
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** ISO 8601, UTC. */
  readonly date: () => string
  readonly randomId: () => string
  /** A whole number below 2³². */
  readonly randomSeed: () => number
  /** Calls back at the next frame (soon, where none is drawn); returns its cancellation. */
  readonly frame: (callback: () => void) => () => void
  readonly later: (callback: () => void, ms: number) => () => void
  /** Calls back when the page is hidden or left; returns the way out. */
  readonly onHide: (callback: () => void) => () => void
}
