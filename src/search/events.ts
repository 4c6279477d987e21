import type { ModelInfo, PromptToken, ProposalFinish, RewardModelInfo, Token, Verdict } from './models.ts'
import type { StrategyConfig, StrategyId } from './settings.ts'

/** Run-local node id: 0 is the problem, then in order of appearance. */
export type NodeId = number

/** Everything that determines a run, besides the models' weights. */
export interface RunSetup {
  readonly task: string
  /** The problem as it is typed and shown. */
  readonly problem: string
  /**
   * The problem as its task writes it, plain data, the gold answer included where there is one. Runs of before have none:
   * their text is read.
   */
  readonly fields?: Readonly<Record<string, unknown>>
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  readonly seed: number
  /**
   * What a chat with the policy begins with, where a person said so: in place of the task's message and the one of the
   * model's manifest; '' for nothing.
   */
  readonly system?: string
  /** Steps given by the person; the search continues after them. Each with its step end. */
  readonly prefix: readonly string[]
}

/** Compute of one model in one run. `executed = unique + merged + overrun`, always. */
export interface ModelLedger {
  /** Tokens a tree-less engine would have executed. */
  readonly asked: number
  readonly executed: number
  /** Tokens of the tree (prompt included) that were run through the model, each once. */
  readonly unique: number
  /** Tokens run for proposals that were identical to a node that stood, and merged into it. */
  readonly merged: number
  /** Tokens run past a step's end and cut. */
  readonly overrun: number
  readonly flops: number
}

export interface Ledger {
  readonly policy: ModelLedger
  readonly reward: ModelLedger
}

interface EventBase {
  /** Compute so far, this event included. Deterministic: no clock, nothing that depends on batching. */
  readonly ledger: Ledger
}

export interface StartedEvent extends EventBase {
  readonly type: 'started'
  readonly setup: RunSetup
  readonly prompt: string
  /** As the policy was given them. Runs of before have none, nor those of engines that do not tell. */
  readonly promptTokens?: readonly PromptToken[]
  readonly policy: ModelInfo
  readonly reward: RewardModelInfo | null
}

/** A step as it enters the tree. */
export interface StepData {
  readonly node: NodeId
  readonly parent: NodeId
  /** Text with its step end; empty where eos came first. */
  readonly text: string
  readonly tokens: readonly Token[]
  /** Sum of the tokens' log-probabilities. */
  readonly logprob: number
  readonly finish: ProposalFinish
  /** Set where this step ends the response: the task's verdict on the whole path. */
  readonly verdict: Verdict | null
}

export interface ProposedEvent extends EventBase, StepData {
  readonly type: 'proposed'
  readonly round: number
  /** Which identical samples this node stands for, earlier ones included. */
  readonly samples: readonly number[]
  /** True for a step of the given prefix. */
  readonly given: boolean
  /** True where the node already stood in the tree: as part of a rollout, or proposed before and now drawn again. */
  readonly reused: boolean
  /** Of several independent searches: those that proposed it, from 0. */
  readonly subtrees?: readonly number[]
  /** Budget forcing put it in: for “Wait”, or to ask for the answer, which the policy completed. */
  readonly forced?: (typeof FORCED)[number]
}

export const FORCED = ['wait', 'answer'] as const

export interface ScoredEvent extends EventBase {
  readonly type: 'scored'
  readonly round: number
  readonly node: NodeId
  /** Score of this step alone; null for an empty (eos) step, which has none. */
  readonly score: number | null
  /** Aggregated score of the path from the root, by the run's aggregation. */
  readonly pathScore: number
}

export interface RolledOutEvent extends EventBase {
  readonly type: 'rolledOut'
  readonly round: number
  /** The proposal that was rolled out. */
  readonly node: NodeId
  /** The rollout's steps, a chain below `node`; steps that already stood in the tree are referred to by id only. */
  readonly steps: readonly (StepData & { readonly score: number | null; readonly reused: boolean })[]
  /** Path score at the end of the rollout: what ranks the proposal. */
  readonly pathScore: number
  /** True where the task's check accepts the rollout's answer, which stops the search. */
  readonly accepted: boolean
}

export const DECISION_RULES = [
  'rank',
  'share',
  'selected',
  'only-child',
  'candidate',
  'answer',
  'not-answer',
  'search-ended',
  'given',
  'too-early',
  'forced',
] as const

/** Why a node was pruned or kept, with the numbers compared. */
export interface Decision {
  readonly rule: (typeof DECISION_RULES)[number]
  /** The number it was ranked by; null where no score took part. */
  readonly score: number | null
  /** Lowest score kept (for pruned) or highest score pruned (for kept) in the same round; null where none. */
  readonly against: number | null
  /** Place in the round's ranking, from 1, and how many took part, and how many could be kept. */
  readonly rank: number
  readonly of: number
  readonly kept: number
  /** Of several independent searches: the one that decided, from 0; the ranking is among its own proposals. */
  readonly subtree?: number
  /** Proposals of the next round that it gets, of how many that were left for it and those ranked below. */
  readonly share?: { readonly children: number; readonly left: number }
  /** An end that came too early: the response's tokens, how many it should have, and which replacement of how many this is. */
  readonly early?: { readonly tokens: number; readonly least: number; readonly wait: number; readonly waits: number }
}

export interface KeptEvent extends EventBase {
  readonly type: 'kept'
  readonly round: number
  readonly node: NodeId
  readonly decision: Decision
}

export interface PrunedEvent extends EventBase {
  readonly type: 'pruned'
  readonly round: number
  readonly node: NodeId
  readonly decision: Decision
}

/** A child as a selection saw it. `priority = value + prior · √(parent’s visits) / (1 + visits) · growth`. */
export interface ComparedChild {
  readonly node: NodeId
  /** The policy's probability of the step, among its siblings. */
  readonly prior: number
  readonly visits: number
  /** Mean of the values backed up; before the first visit the reward model's score. */
  readonly value: number
  readonly priority: number
}

/** One choice on the way down: the child that was taken, and all that could have been, in the order of proposal. */
export interface SelectionChoice {
  readonly node: NodeId
  readonly compared: readonly ComparedChild[]
}

/** Monte Carlo tree search: how an iteration came to the node that it ends at. */
export interface SelectedEvent extends EventBase {
  readonly type: 'selected'
  readonly round: number
  /** Where it ends: a node without a visit, or the start where nothing is below it. */
  readonly node: NodeId
  readonly choices: readonly SelectionChoice[]
}

/** Monte Carlo tree search: the steps below a node, after their proposal. */
export interface ExpandedEvent extends EventBase {
  readonly type: 'expanded'
  readonly round: number
  readonly node: NodeId
  /** All of its children so far; priors sum to 1. */
  readonly children: readonly { readonly node: NodeId; readonly prior: number }[]
}

/** Monte Carlo tree search: what the node that an iteration ends at is worth. */
export interface EvaluatedEvent extends EventBase {
  readonly type: 'evaluated'
  readonly round: number
  readonly node: NodeId
  /** The reward model's. */
  readonly score: number
  /** Of a greedy rollout to the end; null where none was taken. */
  readonly outcome: number | null
  /** What is backed up: the score, the outcome, or their mix. */
  readonly value: number
}

/** Monte Carlo tree search: statistics of a node after a backup. */
export interface BackedUpEvent extends EventBase {
  readonly type: 'backedUp'
  readonly round: number
  readonly node: NodeId
  readonly visits: number
  readonly value: number
}

/** Sequential revision: the step of an attempt that the next one replaces. */
export interface RevisedEvent extends EventBase {
  readonly type: 'revised'
  /** The attempt that is revised, from 1. */
  readonly round: number
  /** The step whose score fell most. */
  readonly node: NodeId
  /** Score of the step before it; 1 before the first. */
  readonly before: number
  readonly score: number
}

export interface Candidate {
  readonly node: NodeId
  readonly answer: string | null
  /** Null where it cannot be known. */
  readonly correct: boolean | null
  readonly pathScore: number | null
  /** Identical samples it stands for. */
  readonly count: number
}

/** Why a search ended: after `Finished:`, and as a sentence of its own. */
export const STOP_REASONS = {
  answered: { clause: 'the path is finished', sentence: 'The one path finished.' },
  accepted: {
    clause: 'a rollout’s answer passed the check',
    sentence: 'A rollout reached an answer that checks, so the search stopped.',
  },
  'enough-candidates': { clause: 'enough paths are finished', sentence: 'Enough paths finished.' },
  'vote-decided': {
    clause: 'the responses that are left cannot change the vote',
    sentence: 'The vote was decided, so the other responses were not drawn to their end.',
  },
  'vote-ahead': {
    clause: 'the leading answer is ahead by the lead that was set',
    sentence: 'One answer was ahead by the lead, so the other responses were not drawn to their end.',
  },
  'subtrees-ended': { clause: 'every subtree has ended', sentence: 'Every subtree ended.' },
  'no-open-path': { clause: 'no path is open', sentence: 'No open path was left.' },
  iterations: { clause: 'all iterations are done', sentence: 'All iterations were done.' },
  attempts: { clause: 'all attempts are done', sentence: 'All attempts were made.' },
  'token-limit': {
    clause: 'the token limit was reached, and the answer was asked for',
    sentence: 'The token limit was reached, so the answer was asked for.',
  },
  'no-fall': {
    clause: 'no step’s score is below that of the step before',
    sentence: 'No step’s score fell, so there was nothing to revise.',
  },
  'tree-exhausted': { clause: 'nothing is left to visit', sentence: 'Every path was followed to its end.' },
  settled: {
    clause: 'the leading answer stayed the same for the iterations that were set',
    sentence: 'The leading answer did not change any more.',
  },
  'max-rounds': { clause: 'the last round is over', sentence: 'The round limit was reached.' },
} as const

export type StopReason = keyof typeof STOP_REASONS

export const STOP_REASON_IDS = Object.keys(STOP_REASONS) as [StopReason, ...StopReason[]]

export interface FinishedEvent extends EventBase {
  readonly type: 'finished'
  readonly reason: StopReason
  /** The node whose path is the answer; null where no path finished. */
  readonly node: NodeId | null
  readonly answer: string | null
  /** Null where it cannot be known. */
  readonly correct: boolean | null
  /** The whole text after the prompt. */
  readonly response: string
  readonly explanation: string
  /** Finished paths, in the order found. */
  readonly candidates: readonly Candidate[]
}

export type SearchEvent =
  | StartedEvent
  | ProposedEvent
  | ScoredEvent
  | RolledOutEvent
  | KeptEvent
  | PrunedEvent
  | SelectedEvent
  | ExpandedEvent
  | EvaluatedEvent
  | BackedUpEvent
  | RevisedEvent
  | FinishedEvent

export type EventType = SearchEvent['type']
