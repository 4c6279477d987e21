import { voteWeight } from './aggregate.ts'
import type { NodeId } from './events.ts'
import type { Verdict } from './models.ts'
import { answerRule, choosesByVote } from './settings.ts'
import type { SearchTree, TreeNode } from './tree.ts'

/** What a finished path counts for in a vote; null where it has no vote. Where the task says nothing else, its answer. */
export function voteOf(verdict: Verdict | null | undefined): string | null {
  if (!verdict) return null
  return verdict.vote === undefined ? verdict.answer : verdict.vote
}

/** What one finished path adds to its cluster. */
export interface CastVote {
  readonly node: NodeId
  /** Identical samples that it stands for. */
  readonly count: number
  /** Of one of them: 1 in a majority vote, else its path score; null while it waits for its score. */
  readonly weight: number | null
  /** `count · weight`; 0 while there is no weight. */
  readonly adds: number
}

export interface VoteCluster {
  /** What its paths are for. */
  readonly vote: string
  readonly sum: number
  readonly correct: boolean | null
  /** In the order found. */
  readonly votes: readonly CastVote[]
}

export interface VoteTally {
  readonly weighted: boolean
  /** The heaviest first, ties to the one found first: the first is the answer once the search ends. */
  readonly clusters: readonly VoteCluster[]
  /** Finished paths that have no vote. */
  readonly without: readonly NodeId[]
  /** Finished samples, identical ones each. */
  readonly samples: number
}

/** The votes so far; null where the answer is not chosen by votes. */
export function tallyVotes(tree: SearchTree): VoteTally | null {
  const { started, finished, nodes, aggregation } = tree
  if (!started || !choosesByVote(started.setup) || finished?.reason === 'accepted') return null
  const weighted = answerRule(started.setup) === 'weighted-vote'
  const clusters = new Map<string, VoteCluster & { votes: CastVote[]; sum: number }>()
  const without: NodeId[] = []
  let samples = 0
  for (const node of nodes) {
    if (!isCandidate(node)) continue
    samples += node.count
    const vote = voteOf(node.verdict)
    if (vote === null) {
      without.push(node.id)
      continue
    }
    const weight = !weighted ? 1 : node.pathScore === null ? null : voteWeight(aggregation, node.pathScore)
    const adds = node.count * (weight ?? 0)
    const cluster = clusters.get(vote) ?? { vote, sum: 0, correct: node.verdict?.correct ?? null, votes: [] }
    clusters.set(vote, cluster)
    cluster.votes.push({ node: node.id, count: node.count, weight, adds })
    cluster.sum += adds
  }
  return { weighted, clusters: [...clusters.values()].sort((a, b) => b.sum - a.sum), without, samples }
}

function isCandidate({ verdict, state }: TreeNode): boolean {
  return verdict !== null && (state === 'candidate' || state === 'answer')
}

/** `Votes: 5 of 16 responses have one, for 2 different solutions.`; null where nothing was voted on. */
export function votesSentence(tree: SearchTree): string | null {
  const tally = tree.finished ? tallyVotes(tree) : null
  if (tally === null || tally.samples === 0) return null
  const { samples, clusters } = tally
  const cast = clusters.reduce((sum, { votes }) => votes.reduce((all, { count }) => all + count, sum), 0)
  if (cast === 0) return `Votes: none of ${samples} responses has one, so the first is shown.`
  if (clusters.length === 1) {
    return `Votes: ${cast} of ${samples} responses have one, all for the same: nothing to vote on.`
  }
  return `Votes: ${cast} of ${samples} responses have one, for ${clusters.length} different results.`
}

/** What a vote that stopped early did without. */
export interface StopSaving {
  /** Responses that were not drawn to their end, of how many. */
  readonly left: number
  readonly of: number
  /** About what they would have cost, had each been as dear as those that were drawn. */
  readonly flops: number
}

/** Null where no vote stopped the search. */
export function savedByStop({ started, finished }: SearchTree): StopSaving | null {
  if (!started || (finished?.reason !== 'vote-decided' && finished?.reason !== 'vote-ahead')) return null
  const of = started.setup.config.n
  const drawn = finished.candidates.reduce((sum, { count }) => sum + count, 0)
  const spent = finished.ledger.policy.flops + finished.ledger.reward.flops
  return { left: of - drawn, of, flops: ((of - drawn) * spent) / drawn }
}
