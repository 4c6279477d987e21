import type { StreamedFile } from '../../core/chosen-file.ts'
import type { ErrorDetails } from '../../core/errors.ts'
import type { StrategyId } from '../../search/settings.ts'
import type { StoredSweepStatus } from '../../storage/stored-sweep.ts'
import type { SweepConfig, SweepLine } from '../../sweep/config.ts'
import type { SweepResult } from '../../sweep/result.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import type { RunId } from '../search/runs-state.ts'

// Screens see neither the formats nor the storage; these are the names of theirs that they need.
export type { SweepConfig, SweepLine } from '../../sweep/config.ts'
export type { SweepResult } from '../../sweep/result.ts'

/** Problems that a person keeps under a name. */
export interface ProblemSet {
  readonly id: string
  readonly name: string
  readonly task: string
  /** Where they come from: a file's name, or what was generated. */
  readonly origin: string
  /** SHA-256 of the problems. */
  readonly hash: string
  readonly count: number
  /** It is in this page alone. */
  readonly unsaved: boolean
}

export interface ProblemSetsState {
  /** Oldest first. */
  readonly list: readonly ProblemSet[]
  /** The file that is being read, and how many problems were found so far. */
  readonly reading: { readonly name: string; readonly count: number } | null
  /** Why the last file was refused. */
  readonly error: ErrorDetails | null
}

/** What the next sweep will do. */
export interface LabDraft {
  readonly config: SweepConfig
  /** Message per part that cannot run: `problems`, `lines.0`, `models.1`, … */
  readonly errors: Readonly<Record<string, string>>
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/** A policy and the reward models beside it. */
export interface LabModels {
  readonly policy: ModelChoice
  readonly reward: ModelChoice | null
  /** Asked in place of `reward` where whole responses are judged. */
  readonly outcome?: ModelChoice
}

/** `loading`: models are on their way; `waiting`: a search in the playground goes first; `pausing`: until what runs has ended. */
export type SweepStatus = StoredSweepStatus | 'loading' | 'waiting'

/** A sweep of this browser, without its results. */
export interface SweepView {
  readonly id: string
  readonly title: string
  readonly createdAt: string
  readonly status: SweepStatus
  readonly config: SweepConfig
  readonly models: readonly LabModels[]
  readonly problemCount: number
  /** Results that there will be, and that there are. */
  readonly total: number
  readonly count: number
  readonly errors: number
  /** Seconds that it was under way. */
  readonly seconds: number
  readonly error: ErrorDetails | null
  /** Under way in another tab. */
  readonly elsewhere: boolean
  /** Why its newest results are not saved in this browser; null where they are, or will be in a moment. */
  readonly unsaved: ErrorDetails | null
}

/** The sweep that is shown, with its results. */
export interface ShownSweep {
  readonly id: string
  readonly problems: readonly Readonly<Record<string, unknown>>[]
  /** In the order in which they came. */
  readonly results: readonly SweepResult[]
}

export interface LabState {
  readonly status: 'loading' | 'ready' | 'failed'
  readonly error: ErrorDetails | null
  readonly draft: LabDraft
  readonly sets: ProblemSetsState
  /** Newest first. */
  readonly sweeps: readonly SweepView[]
  readonly active: string | null
  /** Null while it is read, or where none is active. */
  readonly shown: ShownSweep | null
  /** A sweep is on its way to its first result. */
  readonly starting: boolean
  /** Why the last start was refused. */
  readonly refused: ErrorDetails | null
}

export interface LabActions {
  /** Of the draft: what is given replaces what was. @param kind what is being typed; null where the edit is a step of its own */
  change(change: Partial<SweepConfig>, kind?: string | null): void
  setTask(task: string): void
  addLine(strategy: StrategyId): void
  changeLine(index: number, change: Partial<SweepLine>): void
  removeLine(index: number): void
  reset(): void
  undo(): void
  redo(): void
  /** Starts the draft. @returns its id; null, with the reason in the state, where it cannot */
  start(): Promise<string | null>
  cancelStart(): void
  pause(id: string): void
  resume(id: string): void
  cancel(id: string): void
  /** Goes on with what is missing. */
  continue(id: string): Promise<void>
  select(id: string): Promise<void>
  rename(id: string, title: string): Promise<void>
  remove(id: string): Promise<void>
  /** Makes the draft of a sweep's config. */
  adopt(id: string): void
  /** Runs the search of a result again in the playground. @returns whether it was started */
  openResult(id: string, result: SweepResult): Promise<RunId | null>
  /** Opens a config, or the files of a directory of the command line. @returns whether they could be read */
  openFiles(files: readonly File[]): Promise<boolean>
  /** The file that `stepscope sweep` runs; null: of the draft. */
  exportConfig(id: string | null): { readonly name: string; readonly text: string }
  /** JSON Lines of the sweep that is shown. */
  exportResults(id: string): { readonly name: string; readonly text: string } | null
  readonly sets: {
    /** Reads a file of problems of a task and keeps them. */
    open(task: string, file: StreamedFile): Promise<ProblemSet | null>
    cancel(): void
    /** Keeps the generated problems of the draft under a name. */
    keepGenerated(): Promise<void>
    rename(id: string, name: string): Promise<void>
    remove(id: string): void
    dismissError(): void
  }
}
