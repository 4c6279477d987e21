import type { ErrorDetails } from '../../core/errors.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { ObjectiveId } from '../../objectives/registry.ts'
import type {
  ExportForm,
  TrainingEntry,
  TrainingEstimate,
  TrainingSample,
  TrainingSummary,
} from '../../worker/protocol.ts'
import type { RunId } from '../search/runs-state.ts'

// Screens see neither the worker nor the formats; these are the names of theirs that they need.
export type { TrainingRecipe } from '../../formats/training-recipe.ts'
export type { TrainingEntry } from '../../worker/protocol.ts'

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

export interface TrainingActions {
  /** Looks at what is on this device. */
  refresh(): Promise<void>
  /** Takes over the objective's own defaults; model, seed, steps and data stay. */
  setObjective(objective: ObjectiveId): void
  /** With a model for it, where one comes with the app, and data that it can make. */
  setTask(task: string): void
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
