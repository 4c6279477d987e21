import type { NodeId } from '../../search/events.ts'
import type { Aggregation } from '../../search/models.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import { choosesByVote } from '../../search/settings.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'

/** How a node would have fared in its round under one aggregation. */
export interface Ranking {
  readonly aggregation: Aggregation
  readonly score: number
  /** Place in its round, from 1; ties go to the earlier proposal. */
  readonly rank: number
  readonly of: number
  readonly kept: boolean
  /** Nodes of the round that would be kept, best first. */
  readonly keeps: readonly NodeId[]
}

/** Step scores from the root to a node, without those that have none; through its rollout where it was ranked by one. */
export function scoresTo(tree: SearchTree, node: TreeNode): number[] {
  const scores: number[] = []
  let at: TreeNode | undefined = node.rollout ? tree.nodes[node.rollout.end] : node
  while (at) {
    if (at.score !== null) scores.push(at.score)
    at = at.parent === null ? undefined : tree.nodes[at.parent]
  }
  return scores.reverse()
}

/**
 * The node's round, ranked again under every aggregation; empty where no ranking took part in its decision. `aggregate`
 * makes one path score of step scores.
 * @param own step scores of the node's path instead of those recorded, after an edit
 */
export function rankings(
  tree: SearchTree,
  node: TreeNode,
  aggregate: (aggregation: Aggregation, scores: readonly number[]) => number,
  own?: readonly number[],
): Ranking[] {
  const { decision } = node
  if (decision === null || (decision.rule !== 'rank' && decision.rule !== 'answer' && decision.rule !== 'not-answer'))
    return []
  const final = decision.rule !== 'rank'
  // Votes are compared by sums over several paths.
  if (final && tree.started && choosesByVote(tree.started.setup)) return []
  const cohort = tree.nodes.filter((other) =>
    final
      ? other.decision?.rule === 'answer' || other.decision?.rule === 'not-answer'
      : other.round === node.round &&
        (decision.subtree === undefined ? other.decision?.rule === 'rank' : other.subtrees.includes(decision.subtree)),
  )
  const scores = cohort.map((other) => ({
    id: other.id,
    scores: other.id === node.id && own ? own : scoresTo(tree, other),
  }))
  return AGGREGATIONS.flatMap((aggregation) => {
    const ranked = scores
      .filter((entry) => entry.scores.length > 0)
      .map((entry) => ({ id: entry.id, score: aggregate(aggregation, entry.scores) }))
      .sort((a, b) => b.score - a.score || a.id - b.id)
    const place = ranked.findIndex((entry) => entry.id === node.id)
    const own = ranked[place]
    if (own === undefined) return []
    const keeps = ranked.slice(0, final ? 1 : decision.kept).map((entry) => entry.id)
    return [{ aggregation, score: own.score, rank: place + 1, of: ranked.length, kept: keeps.includes(node.id), keeps }]
  })
}
