import type {
  Decision,
  EvaluatedEvent,
  FinishedEvent,
  Ledger,
  NodeId,
  ProposedEvent,
  RevisedEvent,
  SelectedEvent,
  StartedEvent,
} from './events.ts'
import type { Aggregation, ProposalFinish, Token, Verdict } from './models.ts'

/** `proposed`: waiting for a decision; `rolledOut`: part of a lookahead rollout only. */
export type NodeState = 'root' | 'proposed' | 'rolledOut' | 'kept' | 'pruned' | 'candidate' | 'answer'

export interface TreeNode {
  readonly id: NodeId
  readonly parent: NodeId | null
  /** Step number: 0 for the problem. */
  readonly depth: number
  readonly children: readonly NodeId[]
  readonly state: NodeState
  readonly round: number
  readonly text: string
  readonly tokens: readonly Token[]
  readonly logprob: number
  readonly finish: ProposalFinish | null
  readonly verdict: Verdict | null
  /** Identical samples merged here. */
  readonly count: number
  readonly given: boolean
  /** Put in by budget forcing, and for what; null elsewhere. */
  readonly forced: ProposedEvent['forced'] | null
  /** Of several independent searches: those that proposed it, from 0. */
  readonly subtrees: readonly number[]
  /** Score of this step; null until scored. */
  readonly score: number | null
  /** Path score by the run's aggregation; null until scored. */
  readonly pathScore: number | null
  /** Path score at the end of the lookahead rollout, and the rollout's last node. */
  readonly rollout: { readonly end: NodeId; readonly pathScore: number; readonly accepted: boolean } | null
  readonly decision: Decision | null
  readonly visits: number
  /** Mean of the values that were backed up; null before the first. */
  readonly value: number | null
  /** Monte Carlo tree search: the policy's probability of the step among its siblings; null elsewhere. */
  readonly prior: number | null
}

/** One iteration of a Monte Carlo tree search. */
export interface Iteration {
  readonly round: number
  readonly selected: SelectedEvent
  /** Null until it is known. */
  readonly evaluated: EvaluatedEvent | null
}

/** One response of a sequential revision. */
export interface Attempt {
  readonly round: number
  /** Its last step so far. */
  readonly end: NodeId
  /** The step that the next attempt replaces; null before that is known, and of the last one. */
  readonly revised: RevisedEvent | null
}

/** The state of a search after some prefix of its events. `nodes[id].id === id`. */
export interface SearchTree {
  readonly started: StartedEvent | null
  readonly aggregation: Aggregation
  readonly nodes: readonly TreeNode[]
  readonly round: number
  /** Of a Monte Carlo tree search, in order. */
  readonly iterations: readonly Iteration[]
  /** Of a sequential revision, in order. */
  readonly attempts: readonly Attempt[]
  readonly ledger: Ledger
  readonly finished: FinishedEvent | null
}
