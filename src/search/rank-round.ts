import type { Decision, KeptEvent, PrunedEvent } from './events.ts'
import type { PathNode } from './path-node.ts'
import { byRank } from './path-node.ts'
import type { SearchRun } from './search-run.ts'

/**
 * Keeps the best nodes of a round and prunes the others, with the numbers compared: the lowest kept score for the
 * pruned, the highest pruned score for the kept. Ties go to the earlier proposal. Returns the kept ones, best first.
 */
export function* keepBest(
  run: SearchRun,
  nodes: readonly PathNode[],
  places: number,
  round: number,
): Generator<KeptEvent | PrunedEvent, PathNode[]> {
  const ranked = byRank(nodes)
  const kept = ranked.slice(0, places)
  const lowestKept = kept.at(-1)?.rankScore ?? null
  const highestPruned = ranked[places]?.rankScore ?? null
  for (const [index, node] of ranked.entries()) {
    const decision = { rule: 'rank', score: node.rankScore, rank: index + 1, of: ranked.length, kept: places } as const
    yield index < places
      ? run.kept(node, round, { ...decision, against: highestPruned })
      : run.pruned(node, round, { ...decision, against: lowestKept })
  }
  return kept
}

/** Keeps finished paths as candidates for the answer; they take no place in the round. */
export function* keepCandidates(
  run: SearchRun,
  finished: readonly PathNode[],
  round: number,
  scored = true,
): Generator<KeptEvent, void> {
  for (const [index, node] of finished.entries()) {
    yield run.kept(node, round, uncompared('candidate', scored ? node.pathScore : null, index, finished))
  }
}

/** Keeps every node: a round without a choice. */
export function* keepAll(
  run: SearchRun,
  nodes: readonly PathNode[],
  round: number,
  scored: boolean,
): Generator<KeptEvent, void> {
  const ranked = scored ? byRank(nodes) : nodes
  for (const [index, node] of ranked.entries()) {
    yield run.kept(node, round, uncompared('rank', scored ? node.rankScore : null, index, ranked))
  }
}

/** Prunes the paths that the end of the search cuts off. @param open best first */
export function* cutOff(
  run: SearchRun,
  open: readonly PathNode[],
  round: number,
  scored: boolean,
): Generator<PrunedEvent, void> {
  for (const [index, node] of open.entries()) {
    const score = scored && node.scored ? node.rankScore : null
    yield run.pruned(node, round, uncompared('search-ended', score, index, open, 0))
  }
}

/** A decision that compared nothing: the node at `index` among `nodes`, of which `kept` stay. */
function uncompared(
  rule: Decision['rule'],
  score: number | null,
  index: number,
  nodes: readonly PathNode[],
  kept = nodes.length,
): Decision {
  return { rule, score, against: null, rank: index + 1, of: nodes.length, kept }
}
