import type { ModelInfo } from '../../search/models.ts'
import type { StrategyConfig, StrategyId } from '../../search/settings.ts'
import type { EngineState, ModelChoice, ModelPair } from '../models/engine-state.ts'
import type { RunId, RunStatus } from '../search/runs-state.ts'

/** Models of a column's own; what is left out is what the playground has. */
export interface OwnPair {
  readonly policy?: ModelChoice
  /** Null: none. */
  readonly reward?: ModelChoice | null
}

export interface CompareEntry {
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  readonly models: OwnPair
  /** Null until started. */
  readonly run: RunId | null
}

/** One line of the table of differences; grows as the run goes. */
export interface CompareRow {
  readonly run: RunId
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  /** As the run says itself. */
  readonly policy: Pick<ModelInfo, 'id' | 'hash'>
  readonly reward: Pick<ModelInfo, 'id' | 'hash'> | null
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
  readonly atEqualFlops: { readonly answer: string | null; readonly correct: boolean | null } | null
}

export interface CompareState {
  /** Two to four. The problem and the seed are the session's. */
  readonly entries: readonly CompareEntry[]
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** Models of columns are being loaded, or runs are asked for. */
  readonly starting: boolean
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

export interface CompareActions {
  add(strategy: StrategyId): void
  remove(index: number): void
  setStrategy(index: number, strategy: StrategyId): void
  setConfig(index: number, change: Partial<StrategyConfig>): void
  /** @param model undefined: what the playground has; null: no reward model */
  setModel(index: number, role: 'policy' | 'reward', model: ModelChoice | null | undefined): void
  undo(): void
  redo(): void
  /** Starts all entries on the session's problem and seed at once. */
  start(): Promise<void>
  cancel(): void
  setLink(link: CompareState['link']): void
  seek(position: number): void
  play(): void
  stop(): void
}

/** The models of a column. */
export function pairOf(
  { models }: Pick<CompareEntry, 'models'>,
  chosen: Pick<EngineState, 'policy' | 'reward'>,
): ModelPair {
  return { policy: chosen.policy, reward: chosen.reward, ...models }
}
