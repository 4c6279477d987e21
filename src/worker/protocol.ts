import type { CachedModel } from '../backends/transformersjs/hub.ts'
import type { OnnxOrigin, OnnxSummary } from '../backends/transformersjs/inspect.ts'
import type { OnnxDevice, OnnxDtype } from '../backends/transformersjs/onnx-files.ts'
import type { ErrorDetails } from '../core/errors.ts'
import type { RemotePlan, TransferProgress } from '../downloads/model-library.ts'
import type { StoredModel } from '../downloads/stored-model.ts'
import type { Adapter } from '../engine/adapter.ts'
import type { WeightChoice as EngineWeightChoice } from '../engine/decoder.ts'
import type { CheckpointSummary } from '../engine/load-model.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import type { ModelInfo, RewardModelInfo, TokenReading } from '../search/models.ts'

/**
 * Where a model comes from. Bundled ones are files of the app; local ones are dragged in and stay in this browser; stored
 * ones were downloaded and are read from this device; `url` is read over the network at every load, by range.
 */
export type ModelSource =
  | { readonly kind: 'bundled'; readonly id: string }
  | { readonly kind: 'local'; readonly id: string; readonly files: readonly File[] }
  | { readonly kind: 'stored'; readonly id: string }
  | { readonly kind: 'url'; readonly id: string; readonly baseUrl: string; readonly files: readonly string[] }
  | OnnxSource

/** An ONNX checkpoint, which runs on Transformers.js; policies only. */
export interface OnnxSource {
  readonly kind: 'onnx'
  readonly id: string
  readonly origin: OnnxOrigin
  readonly dtype: OnnxDtype
  readonly device: OnnxDevice
}

export type { RemotePlan } from '../downloads/model-library.ts'
export type { StoredModel } from '../downloads/stored-model.ts'
export type { CachedModel, OnnxDevice, OnnxDtype, OnnxOrigin, OnnxSummary }

/** Fields of `stepscope.json`; asked for where a dragged folder has none. */
export type AdapterFields = Adapter

/** What a dragged folder holds; `missing` fields must be asked for. */
export type FolderSummary = CheckpointSummary

/** How a model's weights lie on the device; `auto` decides by the model's size. */
export type WeightChoice = EngineWeightChoice

export type BackendChoice = 'auto' | 'webgpu' | 'cpu'

export interface LoadedModels {
  readonly policy: ModelInfo
  readonly reward: RewardModelInfo
}

/** What the status chip shows. `software` adapters are told apart because they show structure, not speed. */
export interface EngineStatus {
  readonly backend: 'webgpu' | 'cpu'
  readonly adapter: string
  readonly software: boolean
  /** Where the policy runs on an engine of its own, its name and device, e.g. `Transformers.js, WASM`. */
  readonly policyEngine?: string
  /** Why WebGPU is not used, where it is not. */
  readonly note: string | null
  /** Live bytes by purpose, e.g. `policy weights`, `policy cache`, `reward weights`. */
  readonly bytes: Readonly<Record<string, number>>
  /** Policy and PRM tokens executed per second over the last second or so; 0 while idle. */
  readonly tokensPerSecond: number
  /** Since the worker started, as the two that follow. */
  readonly passes: number
  readonly readbackBytes: number
  /** Tokens run through both models. */
  readonly executedTokens: number
  /** Of all searches, both models: what their ledgers say that they executed, and would have without a shared tree. */
  readonly searched: { readonly asked: number; readonly executed: number }
  /** What each model's engine counts since it was loaded, by name, e.g. `livePages`; engines count different things. */
  readonly counters?: Readonly<Record<'policy' | 'reward', Readonly<Record<string, number>>>>
}

/** Depends on the machine and on batching: kept beside the events, never in them. */
export interface Measured {
  /** Time the run was running (pauses excluded). */
  readonly wallMs: number
  /** Passes and bytes read back while the run was under way. Runs side by side share passes: each counts them all. */
  readonly passes: number
  readonly peakBytes: number
  /** Null in runs of versions that did not measure it. */
  readonly readbackBytes: number | null
}

export interface RunResult {
  readonly status: 'finished' | 'cancelled' | 'failed'
  readonly error?: ErrorDetails
  readonly measured: Measured
}

/** Requests with one answer. Each is sent as `{ id, method, params }` and answered once. */
export interface WorkerMethods {
  /** Opens the backend and loads both models (replacing what was loaded); progress comes as messages. */
  load(params: {
    readonly backend: BackendChoice
    readonly policy: { readonly source: ModelSource; readonly adapter?: AdapterFields; readonly weights?: WeightChoice }
    readonly reward: { readonly source: ModelSource; readonly adapter?: AdapterFields; readonly weights?: WeightChoice }
  }): LoadedModels
  /** Reads config.json and stepscope.json of a dragged folder: what it is, and which fields must be asked for. */
  inspectFolder(params: { readonly files: readonly File[] }): FolderSummary
  /** Reads the small files of an ONNX checkpoint. One of the hub is asked for there, and nowhere else before. */
  inspectOnnx(params: { readonly origin: OnnxOrigin }): OnnxSummary
  /** Files of the hub that this browser keeps. */
  listOnnx(params: Record<string, never>): readonly CachedModel[]
  /** Deletes a repository's files. @returns the bytes that are free now */
  deleteOnnx(params: { readonly repo: string }): number
  /** Asks a server what a model is, before its weights are fetched. `typed`: a hub id or an address. */
  inspectRemote(params: { readonly typed: string; readonly revision: string }): RemotePlan
  /** Fetches a model to this device; progress comes as messages. Cancelled, it keeps what came. */
  downloadModel(params: { readonly plan: RemotePlan }): StoredModel
  /** Fetches what is missing of a stored model, or what is corrupt. */
  resumeModel(params: { readonly id: string }): StoredModel
  listStored(params: Record<string, never>): {
    readonly models: readonly StoredModel[]
    /** Ids of which only the name is left. */
    readonly unreadable: readonly string[]
  }
  /** Hashes all files of a stored model; progress comes as messages. */
  checkStored(params: { readonly id: string }): StoredModel
  removeStored(params: { readonly id: string }): void
  /** Keeps the fields that were asked for. */
  setStoredAdapter(params: { readonly id: string; readonly adapter: Partial<AdapterFields> }): StoredModel
  /** Starts a run; events and the result come as messages with its runId. Several may run at once. */
  startRun(params: { readonly runId: string; readonly setup: RunSetup; readonly paused?: boolean }): void
  pauseRun(params: { readonly runId: string }): void
  resumeRun(params: { readonly runId: string }): void
  /** Lets exactly one more event through, then pauses. */
  stepRun(params: { readonly runId: string }): void
  cancelRun(params: { readonly runId: string }): void
  /** PRM scores of every step, and the policy's reading of every token. Steps with their step ends. */
  probe(params: { readonly prompt: string; readonly steps: readonly string[] }): {
    readonly scores: readonly number[]
    readonly readings: readonly (readonly TokenReading[])[]
  }
  status(params: Record<string, never>): EngineStatus
  dispose(params: Record<string, never>): void
}

export type WorkerMethod = keyof WorkerMethods
export type ParamsOf<M extends WorkerMethod> = Parameters<WorkerMethods[M]>[0]
export type ResultOf<M extends WorkerMethod> = ReturnType<WorkerMethods[M]>

export type ToWorker =
  | { [M in WorkerMethod]: { readonly id: number; readonly method: M; readonly params: ParamsOf<M> } }[WorkerMethod]
  | { readonly abort: number }

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorDetails }
  | {
      readonly type: 'loading'
      readonly model: 'policy' | 'reward'
      readonly loadedBytes: number
      readonly totalBytes: number
    }
  | {
      readonly type: 'events'
      readonly runId: string
      readonly events: readonly SearchEvent[]
      readonly measured: Measured
    }
  | { readonly type: 'run'; readonly runId: string; readonly state: 'running' | 'paused' }
  | { readonly type: 'ended'; readonly runId: string; readonly result: RunResult }
  | { readonly type: 'status'; readonly status: EngineStatus }
  | { readonly type: 'lost'; readonly error: ErrorDetails }
  | ({ readonly type: 'transfer'; readonly bytesPerSecond: number } & TransferProgress)
