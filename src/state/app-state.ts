/**
 * The whole state of the page: plain data only, so it can be saved, compared and shown. Workers, devices, files and
 * promises live behind the actions. Screens read it through `hooks.ts` and change it through `Actions`. Each domain's part
 * is described beside its slice.
 */

import type { CompareActions, CompareState } from './compare/compare-state.ts'
import type { LabActions, LabState } from './lab/lab-state.ts'
import type { DownloadsActions, DownloadsState } from './models/downloads-state.ts'
import type { EngineActions, EngineState, OwnModelActions } from './models/engine-state.ts'
import type { OnnxActions, OnnxState } from './models/onnx-state.ts'
import type { ReadingActions, ReadingState } from './models/reading-state.ts'
import type { HistoryActions, HistoryState } from './search/history-state.ts'
import type { ProbeActions, ProbeState } from './search/probe-state.ts'
import type { ProblemFilesActions, ProblemFilesState } from './search/problem-file-state.ts'
import type { RunsActions, RunsState } from './search/runs-state.ts'
import type { LinkActions, LinkState } from './session/link-state.ts'
import type { Notice, NoticesActions } from './session/notices-state.ts'
import type { Preferences, PreferencesActions } from './session/preferences.ts'
import type { SessionActions, SessionState } from './session/session-state.ts'
import type { TracesActions, TracesState } from './traces/traces-state.ts'
import type { TrainingActions, TrainingState } from './training/training-state.ts'

export interface AppState {
  readonly engine: EngineState
  readonly onnx: OnnxState
  readonly reading: ReadingState
  readonly downloads: DownloadsState
  readonly training: TrainingState
  readonly lab: LabState
  readonly traces: TracesState
  readonly session: SessionState
  readonly problemFiles: ProblemFilesState
  readonly runs: RunsState
  readonly history: HistoryState
  readonly compare: CompareState
  readonly probe: ProbeState
  readonly preferences: Preferences
  readonly link: LinkState
  /** Newest last. */
  readonly notices: readonly Notice[]
}

/**
 * Everything a screen can do. None throws: what goes wrong becomes state (`engine.error`, `run.error`,
 * `session.problem`, a notice). Actions that end in a promise may be left unawaited with `void`.
 */
export interface Actions {
  readonly engine: EngineActions
  readonly models: OwnModelActions
  readonly onnx: OnnxActions
  readonly reading: ReadingActions
  readonly downloads: DownloadsActions
  readonly training: TrainingActions
  readonly lab: LabActions
  readonly traces: TracesActions
  readonly session: SessionActions
  readonly problemFiles: ProblemFilesActions
  readonly runs: RunsActions
  readonly history: HistoryActions
  readonly compare: CompareActions
  readonly probe: ProbeActions
  readonly preferences: PreferencesActions
  readonly notices: NoticesActions
  readonly link: LinkActions
}
