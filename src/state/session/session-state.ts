import type { ErrorDetails } from '../../core/errors.ts'
import type { StrategyConfig, StrategyId } from '../../search/settings.ts'
import type { RunId, RunParent } from '../search/runs-state.ts'

/** The problem text as the task reads it, at every keystroke. */
export type ProblemState =
  | {
      readonly ok: true
      /** Canonical text, e.g. `3 5 7 2 > 24`. */
      readonly text: string
      /** The problem as its task writes it, the gold answer included. */
      readonly fields: Readonly<Record<string, unknown>>
      /** One sentence each: it has no solution; the bundled models were not trained for it. */
      readonly remarks: readonly string[]
    }
  | { readonly ok: false; readonly error: ErrorDetails }

/** What the next live run will do. Undo and redo cover all of it. */
export interface SessionState {
  readonly task: string
  readonly problemText: string
  /** The gold answer as it is typed, where the task lets a person give one; '' where it is not known. */
  readonly gold: string
  readonly problem: ProblemState
  /** What a chat with the policy begins with, '' for nothing; null: what the model's manifest says, else the task. */
  readonly system: string | null
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

export interface SessionActions {
  setTask(task: string): void
  setProblem(text: string): void
  setGold(text: string): void
  /** A problem of a file, with its gold answer; '' where that is not known. */
  chooseProblem(text: string, gold: string): void
  /** Null goes back to what the model and the task say. */
  setSystem(system: string | null): void
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
