import type { Arithmetic, BackendChoice, BackendKind } from '../core/backends.ts'
import type { ErrorDetails } from '../core/errors.ts'
import type { RemotePlan, TransferProgress } from '../downloads/model-library.ts'
import type { StoredModel } from '../downloads/stored-model.ts'
import type { WeightChoice as EngineWeightChoice } from '../engine/decoder/decoder.ts'
import type { CheckpointSummary } from '../engine/load-model.ts'
import type { TrainingRecipe } from '../formats/training-recipe.ts'
import type { CachedModel } from '../runtimes/transformersjs/hub-files.ts'
import type { OnnxOrigin, OnnxSummary } from '../runtimes/transformersjs/inspect.ts'
import type { OnnxDevice, OnnxDtype } from '../runtimes/transformersjs/onnx-files.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import type { RewardManifest, StatedManifest } from '../search/manifest.ts'
import type { ModelInfo, RewardModelInfo, Token, TokenReading } from '../search/models.ts'
import type { SweepConfig } from '../sweep/config.ts'
import type { ProblemFields } from '../sweep/problem-set.ts'
import type { SweepResult } from '../sweep/result.ts'
import type { RowCounts } from '../training/run/check-data.ts'
import type { SkippedSave } from '../training/run/saves.ts'
import type { TrainingEvent } from '../training/run-events.ts'
import type { ModelSource } from './sources/registry.ts'
import type { TaskTrace, TracePage } from './traces/page-of-traces.ts'
import type { TrainingRecord } from './training/training-record.ts'

export type { RemotePlan } from '../downloads/model-library.ts'
export type { StoredModel } from '../downloads/stored-model.ts'
export type { ModelSource } from './sources/registry.ts'
export type { TaskTrace, TracePage } from './traces/page-of-traces.ts'
export type { CachedModel, OnnxDevice, OnnxDtype, OnnxOrigin, OnnxSummary }

/** Fields of `stepscope.json`; asked for where a dragged folder has none. */
export type ManifestFields = StatedManifest

/** What a dragged folder holds; `missing` fields must be asked for. */
export type FolderSummary = CheckpointSummary

/** How a model's weights lie on the device; `auto` decides by the model's size. */
export type WeightChoice = EngineWeightChoice

export type { ArithmeticChoice, BackendChoice } from '../core/backends.ts'

export interface LoadedModels {
  readonly policy: ModelInfo
  /** Null where searches do without. */
  readonly reward: RewardModelInfo | null
  /** Of the pairs that were asked for besides, by their keys. */
  readonly beside?: Readonly<Record<string, Pick<LoadedModels, 'policy' | 'reward'>>>
  /** How problems are put to the policy, where its manifest says so. */
  readonly asked?: Pick<StatedManifest, 'prompt' | 'system'>
}

/** What the status chip shows. `software` adapters are told apart because they show structure, not speed. */
export interface EngineStatus {
  readonly backend: BackendKind
  readonly adapter: string
  readonly software: boolean
  /** Where the policy runs on an engine of its own, its name and device, e.g. `Transformers.js, WASM`. */
  readonly policyEngine?: string
  /** Why it is not the first choice, or has one thread, where that is so. */
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
  readonly counters?: {
    readonly policy: Readonly<Record<string, number>>
    readonly reward?: Readonly<Record<string, number>>
  }
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

export type { TrainingEvent, TrainingSample } from '../training/run-events.ts'

/** A data file that was chosen in the page. */
export interface ChosenFile {
  /** Another one for every choice: the worker reads each once. */
  readonly id: number
  readonly name: string
  readonly blob: Blob
}

export type { RowCounts } from '../training/run/check-data.ts'

/** The models that a recipe names, as sources. */
export interface TrainingSources {
  readonly model: ModelSource
  readonly reference: ModelSource | null
  readonly rewardModel: RewardSource | null
}

/** Where a reward model's files are; of an implicit one, those of its reference, too. */
export interface RewardSource {
  readonly source: ModelSource
  readonly implicit: { readonly reference: ModelSource; readonly beta: number } | null
}

/** What happened in a training run and when (ISO 8601, UTC): its log is a list of these. */
export interface TrainingEntry {
  readonly at: string
  readonly event: TrainingEvent | TrainingEnd
}

export interface TrainingEnd {
  readonly type: 'ended'
  readonly status: 'finished' | 'stopped' | 'failed'
  readonly error?: ErrorDetails
}

/** A training run on this device. */
export interface TrainingSummary extends Omit<TrainingRecord, 'version' | 'status'> {
  /** `interrupted`: the page was closed, or crashed, while it ran. */
  readonly status: TrainingRecord['status'] | 'paused' | 'interrupted'
  /** Under way in another tab. */
  readonly elsewhere: boolean
  /** It was saved once, and no save is left. */
  readonly savesGone: boolean
  /** On this device: saves, model and notes. */
  readonly storedBytes: number
}

/** Before a run: what it will take. */
export interface TrainingEstimate {
  /** On the device, by purpose. */
  readonly bytes: Readonly<Record<string, number>>
  readonly tokensPerStep: number
  readonly flopsPerStep: number
  /** Of making the data, before the first step. */
  readonly dataFlops: number
}

/** A model as it is to be loaded. */
export interface WantedModel {
  readonly source: ModelSource
  readonly manifest?: ManifestFields
  readonly weights?: WeightChoice
}

/** A reward model as it is to be loaded, some against a reference. */
export type WantedReward = WantedModel & { readonly implicit?: ImplicitReading }

/** A policy and what scores it, for searches that do not run on the main ones. */
export interface WantedPair {
  /** By which runs name it. */
  readonly key: string
  readonly policy: WantedModel
  readonly reward: WantedReward | null
}

/** A language model is read as a process reward model, by how it differs from the one it was trained against. */
export interface ImplicitReading {
  readonly reference: Pick<WantedModel, 'source' | 'manifest'>
  readonly beta: number
}

/** The models of a sweep’s searches, as they are to be loaded. */
export interface SweepModels {
  readonly policy: WantedModel
  /** Null: searches do without. */
  readonly reward: (WantedModel & { readonly implicit?: ImplicitReading }) | null
  /** Asked in place of `reward` where whole responses are judged. */
  readonly outcome?: WantedModel & { readonly implicit?: ImplicitReading }
}

export interface SweepEnd {
  readonly status: 'finished' | 'cancelled' | 'failed'
  readonly error?: ErrorDetails
}

/** A sample as a reward model reads it. */
export interface ReadingPreview {
  /** Role, reading with all its fields, and what a chat begins with. */
  readonly manifest: RewardManifest
  /** Why it is read so: one sentence. */
  readonly reason: string
  readonly tokens: readonly Pick<Token, 'id' | 'text'>[]
  /** Indexes into `tokens` at which scores are read. */
  readonly positions: readonly number[]
  /** One for each position; null where the model is not loaded, or not with this head. */
  readonly scores: readonly number[] | null
}

/** A reward model that traces are scored with. */
export interface OpenedScorer extends Pick<RewardModelInfo, 'hash' | 'kind' | 'aggregation'> {
  /** Of its hash and its reading, every field of it. */
  readonly key: string
  /** How it is read, for people. */
  readonly reading: string
}

/** What is scored of a trace. */
export type ScoredTrace = Pick<TaskTrace, 'asked' | 'problem' | 'steps'>

/** `model`: a Hugging Face folder; `adapter`: a PEFT adapter. */
export type ExportForm = 'model' | 'adapter'

/** Requests with one answer. Each is sent as `{ id, method, params }` and answered once. */
export interface WorkerMethods {
  /** Opens the backend and loads the models (replacing what was loaded); progress comes as messages. */
  load(params: {
    readonly backend: BackendChoice
    /** Left out: the backend's own. */
    readonly arithmetic?: Arithmetic
    readonly policy: WantedModel
    /** Null: searches do without. */
    readonly reward: WantedReward | null
    /** Held besides, on the same backend; what they have in common with each other and with the main ones is loaded once. */
    readonly beside?: readonly WantedPair[]
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
  setStoredManifest(params: { readonly id: string; readonly manifest: ManifestFields }): StoredModel
  /** Starts a run; events and the result come as messages with its runId. Several may run at once. */
  startRun(params: {
    readonly runId: string
    readonly setup: RunSetup
    readonly paused?: boolean
    /** Key of a pair that was loaded besides; the main models where left out. */
    readonly models?: string
  }): void
  pauseRun(params: { readonly runId: string }): void
  resumeRun(params: { readonly runId: string }): void
  /** Lets exactly one more event through, then pauses. */
  stepRun(params: { readonly runId: string }): void
  cancelRun(params: { readonly runId: string }): void
  /** How a reward model reads a sample, by its small files alone; scores where it is loaded. */
  previewReading(params: {
    readonly model: Pick<WantedModel, 'source' | 'manifest'>
    /** A text alone is put as it is. */
    readonly problem: string | Pick<RunSetup, 'task' | 'problem' | 'fields'>
    readonly steps: readonly string[]
  }): ReadingPreview
  /** Scores of every step (none without a reward model), and the policy's reading of every token. Steps with their step ends. */
  probe(params: {
    readonly problem: Pick<RunSetup, 'task' | 'problem' | 'fields' | 'system'>
    readonly steps: readonly string[]
  }): {
    readonly scores: readonly number[]
    readonly readings: readonly (readonly TokenReading[])[]
  }
  /** Starts a training run on the loaded models' backend; events come as messages with its id. One at a time. */
  startTraining(params: {
    readonly id: string
    readonly title: string
    readonly recipe: TrainingRecipe
    readonly models: TrainingRecord['models']
    readonly sources: TrainingSources
    readonly data: ChosenFile | null
  }): TrainingSummary
  /** Goes on from the last save of a run that ended, or was interrupted. */
  continueTraining(params: { readonly id: string; readonly sources: TrainingSources }): TrainingSummary
  /**
   * A new run that goes on from the last save of another, with other settings.
   * @param params with `data` null, a data file is the other run's
   */
  branchTraining(params: {
    readonly from: string
    readonly id: string
    readonly title: string
    readonly recipe: TrainingRecipe
    readonly sources: TrainingSources
    readonly data: ChosenFile | null
  }): TrainingSummary
  /** Looks at every row of a data file, or of a run's, as training by this recipe would. @returns how many there are */
  checkTrainingData(params: {
    readonly recipe: TrainingRecipe
    readonly model: ModelSource
    readonly data: ChosenFile | { readonly run: string }
  }): RowCounts
  /** Before the next step; the loaded models have the device for themselves from then on. */
  pauseTraining(params: { readonly id: string }): void
  resumeTraining(params: { readonly id: string }): void
  /** Saves what came since the last save, then ends; asked again, ends at once. Resolves when the run has ended. */
  stopTraining(params: { readonly id: string }): void
  listTrainings(params: Record<string, never>): {
    readonly runs: readonly TrainingSummary[]
    /** Ids of which only the name is left. */
    readonly unreadable: readonly string[]
  }
  /** All that a run told so far. */
  readTraining(params: { readonly id: string }): readonly TrainingEntry[]
  /** Gives a run the name that a person chose. Refused while another tab trains it. */
  renameTraining(params: { readonly id: string; readonly title: string }): TrainingSummary
  removeTraining(params: { readonly id: string }): void
  /** Files of the last save, as other programs read them. */
  exportTraining(params: { readonly id: string; readonly form: ExportForm; readonly base: ModelSource }): {
    /** Of the save: the last one that is whole. */
    readonly step: number
    readonly files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[]
  }
  estimateTraining(params: { readonly recipe: TrainingRecipe; readonly model: ModelSource }): TrainingEstimate
  /** Starts a sweep beside whatever is loaded, or goes on with one; results come as messages with its id. One at a time. */
  startSweep(params: {
    readonly id: string
    readonly config: SweepConfig
    readonly problems: readonly ProblemFields[]
    /** Keys of results that are there already. */
    readonly known: readonly string[]
    /** One for each of the config's. */
    readonly pairs: readonly SweepModels[]
    readonly backend: BackendChoice
    /** Left out: the backend's own. */
    readonly arithmetic?: Arithmetic
  }): void
  /** Nothing more is begun until it is resumed. */
  pauseSweep(params: { readonly id: string }): void
  resumeSweep(params: { readonly id: string }): void
  cancelSweep(params: { readonly id: string }): void
  /** Begins to read a file of traces, rollouts included; `nextTraces` reads on. */
  openTraces(params: { readonly id: string; readonly name: string; readonly blob: Blob }): void
  /** The next rows; after the last page the file is closed. */
  nextTraces(params: { readonly id: string }): TracePage
  closeTraces(params: { readonly id: string }): void
  /** Loads a reward model beside the loaded ones, unless it is one of them; two at most. */
  openScorer(params: { readonly model: WantedReward }): OpenedScorer
  /** Scores of each trace, one for each step, or why it has none. */
  scoreTraces(params: {
    readonly model: WantedReward
    readonly traces: readonly ScoredTrace[]
  }): readonly (
    | { readonly scores: readonly number[]; readonly error?: never }
    | { readonly scores?: never; readonly error: ErrorDetails }
  )[]
  /** Traces that the loaded policy samples to problems `from` … `to − 1` of a seeded set of a task’s held-out problems. */
  sampleTraces(params: {
    readonly task: string
    readonly difficulty: string
    readonly seed: number
    readonly perProblem: number
    readonly temperature: number
    readonly from: number
    readonly to: number
  }): readonly TaskTrace[]
  /** How many of k completions by the loaded policy are right, from behind each step of each trace. */
  labelTraces(params: {
    readonly traces: readonly ScoredTrace[]
    readonly k: number
    readonly seed: number
  }): readonly (readonly {
    readonly right: number
    readonly runs: number
  }[])[]
  status(params: Record<string, never>): EngineStatus
  dispose(params: Record<string, never>): void
}

export type WorkerMethod = keyof WorkerMethods
export type ParamsOf<M extends WorkerMethod> = Parameters<WorkerMethods[M]>[0]
export type ResultOf<M extends WorkerMethod> = ReturnType<WorkerMethods[M]>

export type ToWorker =
  | { [M in WorkerMethod]: { readonly id: number; readonly method: M; readonly params: ParamsOf<M> } }[WorkerMethod]
  | { readonly abort: number }
  /** Asks for a sign of life. */
  | { readonly ping: number }

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorDetails }
  /** The answer to a ping; number 0 is the worker's first word. */
  | { readonly type: 'heard'; readonly ping: number }
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
  /** `reload`: false where it would only happen again, and the models wait until they are needed. */
  | { readonly type: 'lost'; readonly error: ErrorDetails; readonly reload: boolean }
  | ({ readonly type: 'transfer'; readonly bytesPerSecond: number } & TransferProgress)
  | { readonly type: 'training'; readonly id: string; readonly entries: readonly TrainingEntry[] }
  /** `pausing`, `stopping`: until the step at work has ended. */
  | {
      readonly type: 'trainingState'
      readonly id: string
      readonly state: 'running' | 'pausing' | 'paused' | 'stopping'
    }
  /** Saves that are not whole: what was asked of the run's last save is done with the one of `step`. */
  | {
      readonly type: 'savesSkipped'
      readonly id: string
      readonly step: number
      readonly skipped: readonly SkippedSave[]
    }
  /** `seconds`: that it was under way in this call so far, pauses excluded. */
  | {
      readonly type: 'sweepResults'
      readonly id: string
      readonly results: readonly SweepResult[]
      readonly seconds: number
    }
  /** `loading`: its models; `waiting`: for searches, which go first. */
  | {
      readonly type: 'sweepState'
      readonly id: string
      readonly state: 'loading' | 'running' | 'waiting' | 'paused'
    }
  /** After its last results. */
  | { readonly type: 'sweepEnded'; readonly id: string; readonly end: SweepEnd }
  /** After its last entry, and when its files are at rest. */
  | { readonly type: 'trainingEnded'; readonly summary: TrainingSummary }
