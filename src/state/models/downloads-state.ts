import type { ErrorDetails } from '../../core/errors.ts'
import type { CachedModel, RemotePlan, StoredModel } from '../../worker/protocol.ts'

// Screens see neither the worker nor the formats; these are the names of theirs that they need.
export type { RemotePlan, StoredModel } from '../../worker/protocol.ts'

export interface Transfer {
  readonly kind: 'download' | 'check'
  /** The file at work; '' before the first. */
  readonly file: string
  readonly loadedBytes: number
  readonly totalBytes: number | null
  readonly bytesPerSecond: number
}

export interface DownloadsState {
  /** Of the list. */
  readonly status: 'loading' | 'ready' | 'failed'
  readonly error: ErrorDetails | null
  readonly models: readonly StoredModel[]
  /** Ids of models of which only the name can be read. */
  readonly unreadable: readonly string[]
  /** Files of ONNX models from the hub, in the browser's cache. */
  readonly others: readonly CachedModel[]
  /** By model id. */
  readonly transfers: Readonly<Record<string, Transfer>>
  /** Why the last transfer of a model ended early, by its id. */
  readonly failures: Readonly<Record<string, ErrorDetails>>
  /** Bytes in use and granted, of all that this site keeps; null where the browser does not say. */
  readonly space: { readonly usage: number; readonly quota: number } | null
  /** Whether the browser promised not to clear by itself; null where it does not say. */
  readonly persisted: boolean | null
  readonly runs: { readonly count: number; readonly bytes: number } | null
  /** What a server was asked about. */
  readonly offer: {
    readonly status: 'looking' | 'ready' | 'failed'
    readonly plan: RemotePlan | null
    readonly error: ErrorDetails | null
  } | null
}

export interface DownloadsActions {
  /** Looks at what is on this device. */
  refresh(): Promise<void>
  /** Asks the hub, or the server of an address, what the model is: the only way anything goes over the network. */
  inspect(typed: string, revision: string): Promise<void>
  dismissOffer(): void
  /** Fetches what is offered to this device. */
  download(): Promise<void>
  /** Loads what is offered from its server, without keeping it. */
  loadUnkept(): Promise<void>
  /** Fetches what is missing or damaged. */
  resume(id: string): Promise<void>
  /** Ends a download or a check; what came stays. */
  cancel(id: string): void
  check(id: string): Promise<void>
  remove(id: string): Promise<void>
  removeAll(): Promise<void>
  /** Deletes an ONNX repository's files, and the models of the list that need them. */
  removeOther(repo: string): Promise<void>
}
