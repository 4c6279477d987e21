import type { ErrorDetails } from '../../core/errors.ts'
import type { ModelRole } from '../../search/manifest.ts'
import type {
  ArithmeticChoice,
  BackendChoice,
  EngineStatus,
  FolderSummary,
  LoadedModels,
  ManifestFields,
  ModelSource,
  WeightChoice,
} from '../../worker/protocol.ts'
import type { OnnxSettings } from './onnx-state.ts'

// Screens see neither the worker nor the formats; these are the names of theirs that they need.
export type {
  ArithmeticChoice,
  BackendChoice,
  EngineStatus,
  LoadedModels,
  ManifestFields,
  WeightChoice,
} from '../../worker/protocol.ts'

/** A model by name. The File objects of a local folder are kept outside the state. */
export interface ModelChoice {
  /** Of the place that it comes from. */
  readonly kind: ModelSource['kind']
  readonly id: string
  /** For people: the folder's name, or the bundled model's. */
  readonly name: string
}

/** What a search runs on. */
export interface ModelPair {
  readonly policy: ModelChoice
  /** Null where searches shall do without. */
  readonly reward: ModelChoice | null
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
  /** Of WebAssembly; `strict` keeps `auto` from graphics cards, too. */
  readonly arithmetic: ArithmeticChoice
  /** How each model's weights lie on the device. */
  readonly weights: { readonly policy: WeightChoice; readonly reward: WeightChoice }
  readonly policy: ModelChoice
  /** Null where searches shall do without. */
  readonly reward: ModelChoice | null
  /** Held besides, for searches that name other models; none after any other load. */
  readonly beside: readonly ModelPair[]
  readonly progress: { readonly policy: ByteProgress | null; readonly reward: ByteProgress | null }
  /** What is loaded now; stays while another load is under way or has failed. */
  readonly models: LoadedModels | null
  readonly status: EngineStatus | null
  /** Tokens per second at the last looks while something ran, oldest first. */
  readonly rates: readonly number[]
  readonly error: ErrorDetails | null
  readonly folder: PendingFolder | null
  /** Models of this browser, offered next to the bundled ones. */
  readonly ownModels: readonly OwnModel[]
}

/** A model besides those of the app. */
export interface OwnModel extends ModelChoice {
  readonly role: ModelRole
  readonly bytes: number
  /** Present where it runs on Transformers.js. */
  readonly onnx?: OnnxSettings
  /** A language model that is a reward model against the one it was trained from. */
  readonly implicit?: boolean
  /** Of a trained one: the name of its run, whatever step it has. */
  readonly run?: string
}

export interface EngineActions {
  /** Loads the chosen models on the chosen backend; also the way back after `failed` and `lost`. */
  load(): Promise<void>
  setBackend(backend: BackendChoice): Promise<void>
  setArithmetic(arithmetic: ArithmeticChoice): Promise<void>
  setWeights(role: 'policy' | 'reward', weights: WeightChoice): Promise<void>
  cancelLoad(): void
  /** Searches do without a reward model. */
  dropReward(): Promise<void>
}

/** A model that has just been loaded, and what it is. */
export type LoadedModel = ModelChoice & Pick<OwnModel, 'role'>

export interface OwnModelActions {
  /** Loads one of the models that are offered; asks for what is not known of it. */
  chooseModel(role: 'policy' | 'reward', model: Pick<ModelChoice, 'kind' | 'id'>): Promise<void>
  /**
   * A folder was dropped or picked: loads it, or reads what it is into `engine.folder` where something must be asked.
   * @returns what is loaded now; null where nothing of it is
   */
  openFolder(name: string, files: readonly File[]): Promise<LoadedModel | null>
  /** Loads `engine.folder` with the fields the person filled in. @returns what is loaded now; null where nothing of it is */
  confirmFolder(manifest: ManifestFields): Promise<LoadedModel | null>
  dismissFolder(): void
  forgetOwn(id: string): Promise<void>
}
