import type { ErrorDetails } from '../../core/errors.ts'
import type { NodeId } from '../../search/events.ts'
import type { TokenReading } from '../../search/models.ts'
import type { ExactLabel } from '../../tasks/task.ts'
import type { RunId, RunStatus } from './runs-state.ts'

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
  /** Without its step end. */
  readonly text: string
  /** The step end that it came with; of a new step, the policy's first. */
  readonly end: string
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

export interface ProbeActions {
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
