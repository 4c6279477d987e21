import { aggregate } from './aggregate.ts'
import type { NodeId } from './events.ts'
import type { Aggregation } from './models.ts'
import type { SearchTree, TreeNode } from './tree.ts'

type Nodes = Pick<SearchTree, 'nodes'>

/** The nodes from the first step to this one, without the root; [] for the root. */
export function pathTo({ nodes }: Nodes, id: NodeId): TreeNode[] {
  const path: TreeNode[] = []
  for (let node = nodes[id]; node && node.parent !== null; node = nodes[node.parent]) path.push(node)
  return path.reverse()
}

/** The steps of a path as text, each with its step end; an end without text is left out. */
export function stepsTo(tree: Nodes, id: NodeId): string[] {
  return pathTo(tree, id).flatMap(({ text }) => (text === '' ? [] : [text]))
}

/** The steps of a path that the task judges: without what was put in for “Wait”. */
export function judgedStepsTo(tree: Nodes, id: NodeId): string[] {
  return pathTo(tree, id).flatMap(({ text, forced }) => (text === '' || forced === 'wait' ? [] : [text]))
}

/** Score of each step from the first to this one; null where a step has none (yet). */
export function stepScores(tree: Nodes, id: NodeId): (number | null)[] {
  return pathTo(tree, id).map(({ score }) => score)
}

/** The path's score under any aggregation; null where no step on it was scored. */
export function pathScoreUnder(tree: Nodes, id: NodeId, aggregation: Aggregation): number | null {
  const scores = stepScores(tree, id).filter((score) => score !== null)
  return scores.length === 0 ? null : aggregate(aggregation, scores)
}

/**
 * The nodes that a round would have kept under another aggregation, best first: the same proposals, the same number
 * kept, ranked by the score at the end of their rollouts where there were any. [] where the round ranked nothing.
 */
export function wouldHaveKept(tree: SearchTree, round: number, aggregation: Aggregation): NodeId[] {
  const ranked = tree.nodes.filter((node) => node.round === round && node.decision?.rule === 'rank')
  const places = ranked[0]?.decision?.kept ?? 0
  return ranked
    .map(({ id, rollout }) => ({ id, score: pathScoreUnder(tree, rollout?.end ?? id, aggregation) }))
    .filter((entry): entry is { id: NodeId; score: number } => entry.score !== null)
    .sort((a, b) => b.score - a.score)
    .slice(0, places)
    .map(({ id }) => id)
}
