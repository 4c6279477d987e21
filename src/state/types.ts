/**
 * The whole state of the page: plain data only, so it can be saved, compared and shown. Workers, devices, files and
 * promises live behind the actions. Screens read it through `hooks.ts` and change it through `Actions`.
 */
import type { ReadableFile } from '../core/chosen-file.ts'
import type { ErrorDetails } from '../core/errors.ts'
import type { TrainingRecipe } from '../formats/training-recipe.ts'
import type { ObjectiveId } from '../objectives/registry.ts'
import type { NodeId, RunSetup, SearchEvent, StrategyConfig, StrategyId } from '../search/events.ts'
import type { ModelRole } from '../search/manifest.ts'
import type { Aggregation, TokenReading } from '../search/models.ts'
import type { SearchTree } from '../search/tree.ts'
import type { ExactLabel } from '../tasks/task.ts'
import type {
  BackendChoice,
  CachedModel,
  EngineStatus,
  ExportForm,
  FolderSummary,
  LoadedModels,
  ManifestFields,
  Measured,
  OnnxDevice,
  OnnxDtype,
  OnnxSummary,
  RemotePlan,
  StoredModel,
  TrainingEntry,
  TrainingEstimate,
  TrainingSample,
  TrainingSummary,
  WeightChoice,
} from '../worker/protocol.ts'

// Screens import these names from here: they stand below the state in the order of imports.
export type { ErrorDetails } from '../core/errors.ts'
export type { TrainingRecipe } from '../formats/training-recipe.ts'
export type {
  Candidate,
  Decision,
  EventType,
  FinishedEvent,
  Ledger,
  ModelLedger,
  NodeId,
  RunSetup,
  SearchEvent,
  StrategyConfig,
  StrategyId,
} from '../search/events.ts'
export type { ManifestField, ModelRole, PromptForm } from '../search/manifest.ts'
export type { Aggregation, ModelInfo, RewardModelInfo, Token, TokenReading, Verdict } from '../search/models.ts'
export type { NodeState, SearchTree, TreeNode } from '../search/tree.ts'
export type { ExactLabel } from '../tasks/task.ts'
export type {
  BackendChoice,
  CachedModel,
  EngineStatus,
  ExportForm,
  LoadedModels,
  ManifestFields,
  Measured,
  OnnxDevice,
  OnnxDtype,
  OnnxSummary,
  RemotePlan,
  StoredModel,
  TrainingEntry,
  TrainingEstimate,
  TrainingSample,
  TrainingSummary,
  WeightChoice,
} from '../worker/protocol.ts'

export type RunId = string

// ---------------------------------------------------------------- engine

/** A model by name. The File objects of a local folder are kept outside the state. */
export interface ModelChoice {
  /**
   * `stored`: downloaded to this device; `url`: read from its server at every load, until the page is left; `trained`: the
   * last save of a training run.
   */
  readonly kind: 'bundled' | 'local' | 'stored' | 'url' | 'trained'
  readonly id: string
  /** For people: the folder's name, or the bundled model's. */
  readonly name: string
}

export interface ByteProgress {
  readonly loadedBytes: number
  /** 0 while unknown. */
  readonly totalBytes: number
}

/** A folder that was dragged in and read, waiting for the person: `missing` fields must be asked for. */
export interface PendingFolder extends FolderSummary {
  readonly name: string
  /** Where its files are, where they were not dragged in. */
  readonly from?: 'stored' | 'url'
}

export interface EngineState {
  /** `idle`: nothing asked yet. `lost`: the device or the worker is gone; `load` starts afresh. */
  readonly phase: 'idle' | 'loading' | 'ready' | 'failed' | 'lost'
  readonly backend: BackendChoice
  /** How each model's weights lie on the device. */
  readonly weights: { readonly policy: WeightChoice; readonly reward: WeightChoice }
  readonly policy: ModelChoice
  readonly reward: ModelChoice
  readonly progress: { readonly policy: ByteProgress | null; readonly reward: ByteProgress | null }
  /** What is loaded now; stays while another load is under way or has failed. */
  readonly models: LoadedModels | null
  readonly status: EngineStatus | null
  /** Tokens per second at the last looks while something ran, oldest first. */
  readonly rates: readonly number[]
  readonly error: ErrorDetails | null
  readonly folder: PendingFolder | null
  /** Local models this browser has kept, offered next to the bundled ones. */
  readonly localModels: readonly (ModelChoice & {
    readonly role: ModelRole
    readonly bytes: number
    /** Present where it runs on Transformers.js. */
    readonly onnx?: OnnxSettings
    /** A language model that is a reward model against the one it was trained from. */
    readonly implicit?: boolean
    /** Of a trained one: the name of its run, whatever step it has. */
    readonly run?: string
  })[]
}

// ---------------------------------------------------------------- ONNX models

/** How an ONNX checkpoint is run, and where it came from: the hub, or (null) a folder that is kept here. */
export interface OnnxSettings {
  readonly hub: { readonly repo: string; readonly revision: string } | null
  readonly dtype: OnnxDtype
  readonly device: OnnxDevice
}

/** The dialog that adds an ONNX model. */
export interface OnnxState {
  /** `asking`: the small files are being read; `ready`: `summary` says what there is; `loading`: it is being loaded. */
  readonly status: 'closed' | 'open' | 'asking' | 'ready' | 'loading'
  readonly origin: { readonly name: string; readonly hub: OnnxSettings['hub'] } | null
  readonly summary: OnnxSummary | null
  readonly error: ErrorDetails | null
}

// ---------------------------------------------------------------- downloads

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

// ---------------------------------------------------------------- training

export interface StepPoint {
  readonly step: number
  /** By TRL's names. */
  readonly metrics: Readonly<Record<string, number>>
  readonly learningRate: number
  readonly tokens: number
  readonly seconds: number
}

/** A look at the model while it learned. */
export interface Evaluation {
  readonly step: number
  readonly metrics: Readonly<Record<string, number>>
  readonly samples: readonly TrainingSample[]
}

/** A training run with all that it told. */
export interface TrainingRun extends Omit<TrainingSummary, 'status'> {
  /** `pausing`, `stopping`: until the step at work has ended. */
  readonly status: TrainingSummary['status'] | 'pausing' | 'stopping'
  /** Whether `points`, `evaluations` and `log` have been read from this device. */
  readonly read: boolean
  /** Work besides steps, now. */
  readonly phase: { readonly name: string; readonly done: number; readonly total: number } | null
  /** One for each step, in their order. */
  readonly points: readonly StepPoint[]
  readonly evaluations: readonly Evaluation[]
  /** What else happened, oldest first. */
  readonly log: readonly TrainingEntry[]
  readonly error: ErrorDetails | null
  readonly adapter: string | null
  readonly trainedWeights: number | null
}

/** What the next training run will do. */
export interface TrainingDraft {
  readonly recipe: TrainingRecipe
  /** Message per field that cannot run, by its path in the recipe, e.g. `optimizer.learningRate`. */
  readonly errors: Readonly<Record<string, string>>
  /** The data file, once all of it was looked at: rows, those among them that are held out excluded. */
  readonly data: { readonly name: string; readonly rows: number; readonly heldOut: number } | null
  readonly dataError: ErrorDetails | null
  /** The data file is being looked at. */
  readonly reading: boolean
  /** It goes on from the last save of this run; `file`: its data file. */
  readonly from: {
    readonly id: string
    readonly title: string
    readonly step: number
    readonly file: string | null
  } | null
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/** The same search before and after training. */
export interface TreePair {
  /** The training run. */
  readonly training: string
  readonly role: 'policy' | 'reward'
  readonly problem: string
  readonly seed: number
  readonly names: { readonly before: string; readonly after: string }
  /** What stands at `before`: the model that the run started from, or another, where that one cannot score. */
  readonly beside: 'start' | 'other'
  /** The model that the run started from. */
  readonly start: string
  readonly before: RunId | null
  readonly after: RunId | null
  readonly status: 'before' | 'after' | 'ready' | 'failed'
}

export interface TrainingState {
  /** Of the list. */
  readonly status: 'loading' | 'ready' | 'failed'
  readonly error: ErrorDetails | null
  readonly draft: TrainingDraft
  readonly estimate: {
    readonly status: 'idle' | 'looking' | 'ready' | 'failed'
    readonly value: TrainingEstimate | null
    readonly error: ErrorDetails | null
  }
  /** A run is on its way to its first event. */
  readonly starting: boolean
  /** Why the last start was refused. */
  readonly refused: ErrorDetails | null
  /** Newest first. */
  readonly runs: readonly TrainingRun[]
  /** Ids of runs of which only the name can be read. */
  readonly unreadable: readonly string[]
  /** The run that is shown. */
  readonly active: string | null
  readonly trees: TreePair | null
}

// ---------------------------------------------------------------- session

/** The problem text as the task reads it, at every keystroke. */
export type ProblemState =
  | {
      readonly ok: true
      /** Canonical text, e.g. `3 5 7 2 > 24`. */
      readonly text: string
      readonly prompt: string
      /** One sentence each: it has no solution; the bundled models were not trained for it. */
      readonly remarks: readonly string[]
    }
  | { readonly ok: false; readonly error: ErrorDetails }

/** Where a run comes from: the run, and the node and event that were selected in it. */
export interface RunParent {
  readonly run: RunId
  readonly node: NodeId
  /** Number of events applied when it branched off. */
  readonly event: number
}

/** What the next live run will do. Undo and redo cover all of it. */
export interface SessionState {
  readonly task: string
  readonly problemText: string
  readonly problem: ProblemState
  readonly difficulty: string
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  /** Message per setting that cannot run, e.g. n: `n must be a multiple of m`. */
  readonly settingErrors: Readonly<Partial<Record<keyof StrategyConfig, string>>>
  readonly seed: number
  /** Steps the search continues after, each with its step end. */
  readonly prefix: readonly string[]
  readonly parent: RunParent | null
  readonly canUndo: boolean
  readonly canRedo: boolean
}

// ---------------------------------------------------------------- runs

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

// ---------------------------------------------------------------- history

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

// ---------------------------------------------------------------- compare

export interface CompareEntry {
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  /** Null until started. */
  readonly run: RunId | null
}

/** One line of the table of differences; grows as the run goes. */
export interface CompareRow {
  readonly run: RunId
  readonly strategy: StrategyId
  readonly status: RunStatus
  readonly answer: string | null
  /** Null while there is no answer yet. */
  readonly correct: boolean | null
  readonly policyTokens: number
  readonly rewardTokens: number
  readonly flops: number
  /** Tokens that a search without a tree would have run, less those that were: both models. */
  readonly savedTokens: number
  readonly wallMs: number
  /** Best finished path at the FLOPs that all strategies reached; null until it has one. */
  readonly atEqualFlops: { readonly answer: string | null; readonly correct: boolean } | null
}

export interface CompareState {
  /** Two to four. The problem and the seed are the session's. */
  readonly entries: readonly CompareEntry[]
  /** How playheads move together: by share of each run's events, by FLOPs spent, or each alone. */
  readonly link: 'share' | 'flops' | 'none'
  /** 0 … 1: share of events, or of the largest FLOPs of all runs. */
  readonly position: number
  readonly playing: boolean
  /** One row per started entry, in the entries' order. */
  readonly table: readonly CompareRow[]
  /** The smallest FLOPs among the runs so far, where they are compared; null before the first start. */
  readonly equalFlops: number | null
  /** Seed and problem the started runs have; null before the first start. */
  readonly started: { readonly problem: string; readonly seed: number } | null
}

// ---------------------------------------------------------------- probe

export interface Completion {
  readonly text: string
  readonly steps: readonly string[]
  readonly answer: string | null
  readonly correct: boolean
  readonly explanation: string
}

/** Monte Carlo completions from a prefix: an estimate of the chance to finish right from there. */
export interface Estimate {
  readonly id: RunId
  /** Run and node they start from. */
  readonly run: RunId
  readonly node: NodeId | null
  readonly prefix: readonly string[]
  readonly count: number
  readonly status: RunStatus
  readonly error: ErrorDetails | null
  readonly completions: readonly Completion[]
  readonly correct: number
  /** correct / completions so far; null before the first. */
  readonly mean: number | null
  /** 95 % Wilson interval; null before the first. */
  readonly interval: { readonly low: number; readonly high: number } | null
}

export interface ProbeStep {
  /** One line, without its step end. */
  readonly text: string
  /** The PRM's score; null while unknown. */
  readonly score: number | null
  readonly tokens: readonly TokenReading[]
  /** Sum of the policy's log-probabilities of the step; null while unknown. */
  readonly logprob: number | null
  readonly label: ExactLabel | null
}

/** A path taken from a run whose steps can be edited. */
export interface ProbeState {
  readonly run: RunId | null
  readonly node: NodeId | null
  readonly original: readonly ProbeStep[]
  readonly steps: readonly ProbeStep[]
  /** First step that differs from the original; null where none does. */
  readonly firstEdit: number | null
  readonly status: 'idle' | 'waiting' | 'running' | 'ready' | 'failed'
  readonly error: ErrorDetails | null
  /** Newest first. */
  readonly estimates: readonly Estimate[]
}

// ---------------------------------------------------------------- preferences, notices

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
}

export interface Notice {
  readonly id: string
  readonly tone: 'info' | 'warning' | 'error'
  readonly text: string
  readonly error: ErrorDetails | null
  /** Offered as a button; `undo` gives it to `actions.notices.undo(id)`. */
  readonly action: { readonly label: string; readonly kind: 'undo' | 'reload' } | null
}

/** The event of a run that a link is of. */
export interface LinkAsk {
  readonly event: number
  readonly node: NodeId | null
}

export interface LinkState {
  /** A link is not carried out yet: a reload needs it again. */
  readonly carrying: boolean
  /** It is of an event of a search that is not here: a person says whether to run it. */
  readonly ask: LinkAsk | null
}

export interface AppState {
  readonly engine: EngineState
  readonly onnx: OnnxState
  readonly downloads: DownloadsState
  readonly training: TrainingState
  readonly session: SessionState
  readonly runs: RunsState
  readonly history: HistoryState
  readonly compare: CompareState
  readonly probe: ProbeState
  readonly preferences: Preferences
  readonly link: LinkState
  /** Newest last. */
  readonly notices: readonly Notice[]
}

// ---------------------------------------------------------------- actions

/**
 * Everything a screen can do. None throws: what goes wrong becomes state (`engine.error`, `run.error`,
 * `session.problem`, a notice). Actions that end in a promise may be left unawaited with `void`.
 */
export interface Actions {
  readonly engine: {
    /** Loads the chosen models on the chosen backend; also the way back after `failed` and `lost`. */
    load(): Promise<void>
    setBackend(backend: BackendChoice): Promise<void>
    setWeights(role: 'policy' | 'reward', weights: WeightChoice): Promise<void>
    cancelLoad(): void
    chooseBundled(role: 'policy' | 'reward', id: string): Promise<void>
    chooseLocal(role: 'policy' | 'reward', id: string): Promise<void>
    /** A folder was dropped or picked: reads what it is into `engine.folder`. */
    openFolder(name: string, files: readonly File[]): Promise<void>
    /** Loads `engine.folder` with the fields the person filled in. */
    confirmFolder(manifest: ManifestFields): Promise<void>
    dismissFolder(): void
    forgetLocal(id: string): Promise<void>
  }
  readonly onnx: {
    open(): void
    /** Reads what a folder holds. */
    chooseFolder(name: string, files: readonly File[]): Promise<void>
    /** Asks huggingface.co what a revision holds; nothing is sent to another host before this. */
    lookUp(repo: string, revision: string): Promise<void>
    /** Fetches what is missing, loads it as the policy, and keeps it in the list. */
    add(chosen: {
      readonly dtype: OnnxDtype
      readonly device: OnnxDevice
      readonly fields: ManifestFields
    }): Promise<void>
    close(): void
  }
  readonly downloads: {
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
  readonly training: {
    /** Looks at what is on this device. */
    refresh(): Promise<void>
    /** Takes over the objective's own defaults; model, seed, steps and data stay. */
    setObjective(objective: ObjectiveId): void
    /** Sets one field of the recipe by its path, e.g. `optimizer.learningRate`. */
    setField(path: string, value: unknown): void
    /** Back to the objective's defaults. */
    reset(): void
    undo(): void
    redo(): void
    /** Takes a data file; what is wrong with it is told with line and field. */
    setData(name: string, blob: Blob): void
    /** Asks what the draft will take. */
    estimate(): void
    /** Loads models where needed and starts the draft, or branches where it comes from a save. */
    start(): Promise<string | null>
    pause(id: string): void
    resume(id: string): void
    /** While a run is being started, continued or branched. */
    cancelStart(): void
    /** Saves, then ends; asked again, ends at once. */
    stop(id: string): Promise<void>
    /** From the last save. */
    continue(id: string): Promise<void>
    /** Makes the draft of a run's recipe: to branch from its last save, or to start anew. */
    adopt(id: string, how: 'branch' | 'anew'): void
    /** The draft starts from its model again. */
    leaveBranch(): void
    select(id: string): Promise<void>
    /** Its model, files and messages have the name from then on. */
    rename(id: string, title: string): Promise<void>
    remove(id: string): Promise<void>
    /** An archive of the last save, in parts to be written one after the other; null, with a notice, where it cannot be had. */
    exportZip(
      id: string,
      form: ExportForm,
    ): Promise<{ readonly name: string; readonly parts: readonly Uint8Array<ArrayBuffer>[] } | null>
    /** Loads the last save in its role. @returns whether it is loaded */
    use(id: string): Promise<boolean>
    /** Runs the session's search with the model before training and with the last save. */
    compareTrees(id: string): Promise<void>
    closeTrees(): void
  }
  readonly session: {
    setTask(task: string): void
    setProblem(text: string): void
    setDifficulty(difficulty: string): void
    /** A new problem of the chosen difficulty. */
    randomProblem(): void
    setStrategy(strategy: StrategyId): void
    setConfig(change: Partial<StrategyConfig>): void
    resetConfig(): void
    setSeed(seed: number): void
    randomSeed(): void
    clearPrefix(): void
    /** Sets up what an open run was made with; undo goes back. */
    adoptRun(run: RunId): void
    undo(): void
    redo(): void
  }
  readonly runs: {
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
  readonly history: {
    search(query: string): void
    open(run: RunId): Promise<void>
    /** Removes it from the list; a notice offers undo. */
    remove(run: RunId): Promise<void>
    refresh(): Promise<void>
  }
  readonly compare: {
    add(strategy: StrategyId): void
    remove(index: number): void
    setStrategy(index: number, strategy: StrategyId): void
    setConfig(index: number, change: Partial<StrategyConfig>): void
    /** Starts all entries on the session's problem and seed at once. */
    start(): Promise<void>
    cancel(): void
    setLink(link: CompareState['link']): void
    seek(position: number): void
    play(): void
    stop(): void
  }
  readonly probe: {
    /** Takes the path to a node for editing. */
    open(run: RunId, node: NodeId): void
    close(): void
    /** Changes one line; scores and log-probabilities follow shortly. */
    editStep(index: number, text: string): void
    insertStep(index: number, text: string): void
    removeStep(index: number): void
    revert(): void
    /** `count` completions from the path up to and including step `index` (all steps where left out). */
    estimate(count: number, index?: number): Promise<void>
    cancelEstimate(id: RunId): void
    /** A new search that continues after the edited steps up to and including `index`. */
    continueSearch(index?: number): Promise<RunId | null>
  }
  readonly preferences: {
    set(change: Partial<Preferences>): void
  }
  readonly notices: {
    dismiss(id: string): void
    undo(id: string): Promise<void>
    show(notice: Omit<Notice, 'id'>): void
  }
  readonly link: {
    /**
     * URL hash (`#…`) that reproduces session, compare entries and selected event; '' where all is default.
     * @param recipe with what the next training run does
     */
    hash(recipe?: boolean): string
    /** Takes over what a hash says, and starts nothing; bad values fall back with a notice. */
    apply(hash: string): void
    /** Runs the search that `link.ask` is of, and shows the event. */
    run(): Promise<void>
    /** Only sets it up. */
    leave(): void
  }
}
