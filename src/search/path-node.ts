import type { StepData } from './events.ts'
import type { Branch } from './models.ts'

/** A node of a running search: what a strategy decides on, and the branches that continue from it. */
export interface PathNode {
  /** Run-local id, given when the node enters the tree by an event. */
  id: number
  readonly parent: PathNode | null
  /** The step, without ids; null for the root. */
  readonly step: Omit<StepData, 'node' | 'parent'> | null
  /** Steps on the path with text, each with its step end. */
  readonly texts: readonly string[]
  /** As `texts`, without what was put in for “Wait”: what the task judges. */
  readonly judged: readonly string[]
  /** Nothing follows: the response ended, or the step was cut. */
  readonly finished: boolean
  /** Which identical samples it stands for; a step of a rollout stands for itself. */
  samples: readonly number[]
  /** How many of them the latest call drew. */
  fresh: number
  /** Samples drawn from here so far: the next call goes on counting from there. */
  drawn: number
  /** The steps that were proposed from here, in the order found. */
  readonly children: PathNode[]
  /** Independent searches that proposed it; none where there is only one. */
  subtrees: readonly number[]
  /** The reward model has read it, or it has nothing to read. */
  scored: boolean
  /** Score of its own step; null until scored, and where it has none. */
  score: number | null
  /** Scores of the scored steps on the path. */
  stepScores: readonly number[]
  /** Aggregated score of the path to here. */
  pathScore: number
  /** What it is ranked by: its path score, or the one at the end of its rollout. */
  rankScore: number
  policyBranch: Branch | null
  rewardBranch: Branch | null
  /** The step that greedy decoding takes from here, once a rollout found it. */
  greedyChild: PathNode | null
  /** What an engine without a tree would run for this step: by the policy, by the reward model. */
  asked: { policy: number; reward: number }
}

/** Samples that a list of nodes stands for in all. */
export function countSamples(nodes: readonly PathNode[]): number {
  return nodes.reduce((sum, { samples }) => sum + samples.length, 0)
}

/** Best first; equal scores keep the order of proposal. */
export function byRank(nodes: readonly PathNode[]): PathNode[] {
  return [...nodes].sort((a, b) => b.rankScore - a.rankScore)
}

/** A node's step as events tell it. */
export function stepData({ id, parent, step }: PathNode): StepData {
  if (!parent || !step) throw new RangeError('the root is no step')
  return { node: id, parent: parent.id, ...step }
}
