import type { Decision, FinishedEvent, Ledger, NodeId, StartedEvent } from './events.ts'
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
  readonly value: number | null
}

/** The state of a search after some prefix of its events. `nodes[id].id === id`. */
export interface SearchTree {
  readonly started: StartedEvent | null
  readonly aggregation: Aggregation
  readonly nodes: readonly TreeNode[]
  readonly round: number
  readonly ledger: Ledger
  readonly finished: FinishedEvent | null
}
