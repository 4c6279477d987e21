import type { AppStorage } from '../storage/storage.ts'
import type { TabOwner } from '../storage/tab-owner.ts'
import type { WorkerClient } from '../worker/client.ts'
import type { ConnectedHosts } from './models/connected-hosts.ts'

/** Space on this device, as the browser counts it. */
export interface DeviceStorage {
  /** Bytes; null where the browser does not say. */
  readonly space: () => Promise<{ readonly usage: number; readonly quota: number } | null>
  readonly persisted: () => Promise<boolean | null>
  /** Asks the browser not to clear by itself. */
  readonly persist: () => Promise<boolean | null>
}

/** All that the store needs from its surroundings; tests pass their own. */
export interface AppDependencies {
  readonly client: WorkerClient
  /** A worker of its own for downloads; without it the engine's does them. */
  readonly downloads?: WorkerClient
  /** Servers that workers may contact besides the hub; left out where nothing stands in their way. */
  readonly hosts?: ConnectedHosts
  /** What the browser says of its space; left out where it says nothing. */
  readonly device?: DeviceStorage
  /** Rejects with a StepscopeError where the browser refuses. */
  readonly openStorage: () => Promise<AppStorage>
  readonly claimTab: () => Promise<TabOwner>
  /** What this tab alone keeps over a reload, as text; left out where the browser keeps nothing. */
  readonly tabMemory?: { readonly read: () => string | null; readonly write: (text: string) => void }
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
