import type { ErrorDetails } from '../../core/errors.ts'
import type { StepLabel, TraceOrigin } from '../../formats/traces/trace.ts'
import type { HandLabel } from '../../rewards/hand-labels.ts'
import type { MadeLabelKind, MadeLabels, Scorer, StoredTrace, TraceSet } from '../../storage/stored-traces.ts'
import type { LoadedModel, ModelChoice } from '../models/engine-state.ts'
import type { RunId } from '../search/runs-state.ts'
import type { TraceView } from './trace-view.ts'

// Screens see neither the formats nor the storage; these are the names of theirs that they need.
export type { StepLabel } from '../../formats/traces/trace.ts'
export type {
  AskedProblem,
  MadeLabelKind,
  MadeLabels,
  Scorer,
  StepRuns,
  TraceSet,
} from '../../storage/stored-traces.ts'

export type SetId = string
/** A trace by its set and its place in it: `set/index`. */
export type TraceKey = string
export type ScorerKey = string

/** A trace as the page holds it: without its row, which is kept for when it is written again. Never changes. */
export interface Trace extends Omit<StoredTrace, 'origin'> {
  readonly key: TraceKey
  readonly set: SetId
  /** Place in its set, from 0. */
  readonly index: number
  readonly origin: Omit<TraceOrigin, 'row'>
}

/** Where a word on steps comes from: a person here, the file, the task's rules, or completions. The first that is there counts. */
export const LABEL_KINDS = ['human', 'file', 'exact', 'monte-carlo'] as const
export type LabelKind = (typeof LABEL_KINDS)[number]

/** Labels of one kind for one trace. */
export interface TraceLabels {
  readonly kind: LabelKind
  /** One for each step; null where the kind has none of steps, only the first wrong one. */
  readonly steps: readonly StepLabel[] | null
  /** From 0, −1 where no step is wrong; null where it is not known. Steps behind it have no meaning of their own. */
  readonly firstError: number | null
}

/** Scores of one scorer: by set, then by the trace's place in it; null where the trace is not scored, empty where it cannot be. */
export type TraceScores = Readonly<Record<SetId, readonly (readonly number[] | null)[]>>

/** Two reward models side by side. */
export const SLOTS = ['a', 'b'] as const
export type Slot = (typeof SLOTS)[number]

/** A reward model of the room. */
export interface SlotState {
  readonly model: ModelChoice
  /** Whose scores are shown; null where the model has none yet. */
  readonly scorer: ScorerKey | null
}

/** The pictures of the room, in their order. */
export const PICTURES = [
  'heatmap',
  'trace',
  'threshold',
  'calibration',
  'disagreements',
  'shape',
  'search',
  'training',
] as const
export type PictureId = (typeof PICTURES)[number]

/** A file that is read, or traces that are sampled. */
export interface TraceReading {
  readonly name: string
  /** `rows` of a file, or `traces` that are sampled. */
  readonly unit: 'rows' | 'traces'
  readonly done: number
  /** Null where it is not known. */
  readonly total: number | null
  /** 0 to 1, where it is known. */
  readonly share: number | null
  readonly startedAt: number
}

/** A file with rows that cannot be read: the person says whether the others are taken. */
export interface HeldFile {
  readonly set: TraceSet
  /** The first of them; `count` says how many there are. */
  readonly bad: readonly ErrorDetails[]
}

/** Scoring in the background. */
export interface TraceScoring {
  readonly slot: Slot
  readonly model: ModelChoice
  /** `interrupted`: the page went away meanwhile, or a failure: it goes on where it stopped. */
  readonly status: 'loading' | 'running' | 'interrupted'
  readonly done: number
  readonly total: number
  /** When scoring began in this page (ms of its clock), and how many were done then. */
  readonly startedAt: number
  readonly before: number
  readonly error: ErrorDetails | null
}

/** Steps that are labelled by completions. */
export interface TraceRelabelling {
  readonly done: number
  readonly total: number
  readonly startedAt: number
}

export interface TracesState {
  readonly status: 'loading' | 'ready'
  /** What went wrong last, in the words of a message. */
  readonly error: ErrorDetails | null
  readonly sets: readonly TraceSet[]
  /** Of all sets, in their order. */
  readonly traces: readonly Trace[]
  /** What was labelled here, by kind and trace. */
  readonly made: Readonly<Record<MadeLabelKind, Readonly<Record<TraceKey, MadeLabels>>>>
  /** What a person's labels of a trace were before each change, oldest first. */
  readonly handHistory: readonly { readonly trace: TraceKey; readonly steps: readonly HandLabel[] }[]
  /** Oldest first. */
  readonly scorers: readonly Scorer[]
  readonly scores: Readonly<Record<ScorerKey, TraceScores>>
  readonly slots: Readonly<Record<Slot, SlotState | null>>
  /** What counts as the truth: one kind of label, or of each trace the first that it has. */
  readonly truth: LabelKind | 'any'
  readonly view: TraceView
  readonly selected: TraceKey | null
  readonly picture: PictureId
  readonly reading: TraceReading | null
  readonly held: HeldFile | null
  readonly scoring: TraceScoring | null
  readonly relabelling: TraceRelabelling | null
  /** About how many bytes the traces take in the page. */
  readonly bytes: number
}

/** Traces that the policy at hand samples. */
export interface SampleRequest {
  readonly task: string
  readonly difficulty: string
  /** Traces in all. */
  readonly count: number
  /** Traces of each problem. */
  readonly perProblem: number
  readonly seed: number
  readonly temperature: number
}

/** Formats that traces are written as. */
export type ExportFormat = 'process-bench' | 'prm800k' | 'trl-stepwise' | 'math-shepherd'

export interface TracesActions {
  /** The room is looked at: traces are read from this browser, and scoring that was interrupted goes on. */
  enter(): Promise<void>
  /** Reads a file of any kind of traces, rollouts, or a run. Rows that cannot be read are held until the person decides. */
  openFile(file: File): Promise<void>
  cancelReading(): void
  /** Takes the rows of a held file that could be read, or none. */
  decide(take: boolean): Promise<void>
  /** A problem and its steps, one a line, as they were typed. */
  addText(problem: string, steps: string): Promise<boolean>
  /** Every way through the tree of a saved run. */
  addRun(run: RunId): Promise<void>
  sample(request: SampleRequest): Promise<void>
  /** Takes a set away; it can be undone. */
  removeSet(set: SetId): void
  setView(change: Partial<TraceView>): void
  setTruth(truth: TracesState['truth']): void
  select(trace: TraceKey | null): void
  show(picture: PictureId): void
  /** Chooses a reward model, with its scores where there are some. */
  setSlot(slot: Slot, choice: SlotState | null): void
  /** A model that was opened in the room: a reward model becomes model A; of a policy the page says what it is. */
  takeModel(model: LoadedModel): Promise<void>
  /** Scores what is not scored yet with the slot's model. @param again also what it could not score before */
  score(slot: Slot, again?: boolean): Promise<void>
  cancelScoring(): void
  /** Writes labels of one kind, in place of earlier ones of the same trace. */
  setLabels(kind: MadeLabelKind, labels: readonly TraceLabelChange[]): Promise<void>
  /** A person's labels of all steps of a trace. */
  labelByHand(trace: TraceKey, steps: readonly HandLabel[]): Promise<void>
  /** Takes back the last change by hand of a trace. */
  undoByHand(trace: TraceKey): Promise<void>
  removeLabels(kind: MadeLabelKind, traces: readonly TraceKey[]): Promise<void>
  /** Monte Carlo labels of every step of these traces, by completions of the loaded policy. */
  relabel(traces: readonly TraceKey[], k: number, seed: number): Promise<void>
  cancelRelabelling(): void
  /** Scores of edited steps by a slot's model. Rejects with a StepscopeError. */
  scoreSteps(slot: Slot, trace: TraceKey, steps: readonly string[], signal?: AbortSignal): Promise<readonly number[]>
  /**
   * Traces as rows of a format, with a kind of labels, the file's where it has none of it; those that the format cannot hold are
   * counted, and those that end at their last labelled step. Null, with a notice, where they cannot be had.
   */
  exportTraces(
    traces: readonly TraceKey[],
    format: ExportFormat,
    labels: LabelKind | 'any',
  ): Promise<{ readonly name: string; readonly text: string; readonly left: number; readonly cut: number } | null>
  dismissError(): void
}

/** Labels that a trace gets. */
export type TraceLabelChange = Pick<MadeLabels, 'steps' | 'firstError'> &
  Partial<Pick<MadeLabels, 'runs' | 'policy'>> & { readonly trace: TraceKey }
